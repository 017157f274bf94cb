import type { Frame, JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import fc from 'fast-check';
import { STREAM_START, decodeCursor, type StreamCursor } from './cursor';
import { RunProjection, type StreamEvent } from './run-projection';
import type { StreamMode } from '../runs/runs.schema';

// For every run, every interleaving of journal and tokens, every loss of tokens and every point at which the viewer is cut off:
// what was sent before and after the cut is what an uninterrupted viewer gets.

const RUN = '01890000-0000-7000-8000-000000000001';
const context = { runId: RUN, threadId: 'thread', assistantId: 'assistant', graphId: 'graph' };
const view = { modes: new Set<StreamMode>(['updates', 'custom', 'tasks', 'messages-tuple']), subgraphs: false };

interface Turn {
  readonly text: string;
  readonly toolCalls: boolean;
  readonly cuts: readonly number[];
  /** Chunks that NATS lost. */
  readonly lost: readonly number[];
  readonly custom: number;
  readonly streamed: boolean;
}

type Item = { readonly row: JournalRow } | { readonly chunk: TokenChunk };

const turns = fc.array(
  fc.record({
    text: fc.string({ maxLength: 40 }),
    toolCalls: fc.boolean(),
    cuts: fc.array(fc.nat(40), { maxLength: 5 }),
    lost: fc.array(fc.nat(6), { maxLength: 2 }),
    custom: fc.nat(2),
    streamed: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

const callId = (call: number): string => `0123456789abcdef-${call}`;

function messageOf(turn: Turn, call: number) {
  return { type: 'ai', id: `run-${RUN}-${callId(call)}`, content: turn.text, tool_calls: turn.toolCalls ? [{ id: `c${call}`, name: 'f', args: { call } }] : [] };
}

function chunksOf(turn: Turn, call: number): TokenChunk[] {
  if (!turn.streamed) return [];
  const points = [...new Set([0, ...turn.cuts.filter((cut) => cut < turn.text.length), turn.text.length])].sort((a, b) => a - b);
  const base = { call: callId(call), attempt: 1, messageId: `run-${RUN}-${callId(call)}`, node: `n${call}`, ns: [] };
  const pieces: TokenChunk[] = points.slice(0, -1).map((from, i) => ({ ...base, offset: from, text: turn.text.slice(from, points[i + 1]) }));
  const end: TokenChunk = { ...base, offset: turn.text.length, text: '', last: true, ...(turn.toolCalls ? { tool_calls: messageOf(turn, call).tool_calls } : {}) };
  return [...pieces, end].filter((_, i) => !turn.lost.includes(i));
}

/** The run as it happens: per turn a task starts, tokens come, the step is committed. */
function happenings(list: readonly Turn[]): Item[] {
  let seq = 1;
  const row = (type: JournalRow['type'], data: unknown): Item => ({
    row: { tenantId: 't', runId: RUN, threadId: 'thread', seq: seq++, type, time: new Date(0), traceparent: null, data },
  });
  const stepRow = (frames: Frame[]): Item => row('run.step-completed.v1', { step: seq, checkpoint_id: null, parent_checkpoint_id: null, frames });
  const items: Item[] = [row('run.created.v1', {})];
  list.forEach((turn, call) => {
    items.push(stepRow([{ ns: [], mode: 'tasks', data: { id: `t${call}`, name: `n${call}`, triggers: ['x'], interrupts: [] } }]));
    items.push(...chunksOf(turn, call).map((chunk) => ({ chunk })));
    const custom = Array.from({ length: turn.custom }, (_, i): Frame => ({ ns: [], mode: 'custom', data: { call, i } }));
    items.push(
      stepRow([
        ...custom,
        { ns: [], mode: 'updates', data: { [`n${call}`]: { messages: [messageOf(turn, call)] } } },
        { ns: [], mode: 'tasks', data: { id: `t${call}`, name: `n${call}`, result: {}, interrupts: [] } },
      ]),
    );
  });
  items.push(row('run.completed.v1', { steps: list.length }));
  return items;
}

/** Rows keep their order and chunks keep theirs; between the two, anything may overtake anything. */
function interleave(items: readonly Item[], picks: readonly boolean[]): Item[] {
  const rows = items.filter((item) => 'row' in item);
  const chunks = items.filter((item) => 'chunk' in item);
  const out: Item[] = [];
  for (let i = 0; rows.length > 0 || chunks.length > 0; i += 1) {
    const from = (picks[i % Math.max(1, picks.length)] === true ? rows : chunks).length > 0 ? (picks[i % Math.max(1, picks.length)] === true ? rows : chunks) : rows.length > 0 ? rows : chunks;
    out.push(from.shift() as Item);
  }
  return out;
}

function watch(items: readonly Item[], from: StreamCursor): StreamEvent[] {
  const projection = new RunProjection(context, view, from);
  return items.flatMap((item) => ('row' in item ? projection.applyRow(item.row, new Map()) : projection.applyToken(item.chunk)));
}

/** What counts: journal events as they are, and per message its text and its tool calls, however they were cut. */
function substance(events: readonly StreamEvent[]): unknown {
  const journal = events.filter(({ event }) => event !== 'messages').map(({ event, data }) => [event, data]);
  const messages: Record<string, { text: string; calls: unknown[] }> = {};
  for (const { data } of events.filter(({ event }) => event === 'messages')) {
    const [message] = data as [{ id: string; content: string; tool_calls: { id: string }[] }];
    const known = (messages[message.id] ??= { text: '', calls: [] });
    known.text += message.content;
    known.calls.push(...message.tool_calls.map(({ id }) => id));
  }
  return { journal, messages };
}

describe('a viewer who comes back', () => {
  it('gets, with what came before, what an uninterrupted viewer gets', () => {
    fc.assert(
      fc.property(turns, fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), fc.nat(), (list, first, second, cut) => {
        const items = happenings(list);
        const whole = watch(items, STREAM_START);
        const before = watch(interleave(items, first), STREAM_START);
        expect(substance(before)).toEqual(substance(whole));
        const kept = before.slice(0, cut % (before.length + 1));
        const from = decodeCursor(kept.at(-1)?.id ?? '-1');
        if (from === undefined) throw new Error('an id that cannot be read back');
        const after = watch(interleave(items, second), from);
        expect(substance([...kept, ...after])).toEqual(substance(whole));
      }),
      { numRuns: 500 },
    );
  });

  it('may be cut off again and again', () => {
    fc.assert(
      fc.property(turns, fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }), (list, lengths) => {
        const items = happenings(list);
        const received: StreamEvent[] = [];
        for (const length of lengths) received.push(...watch(items, decodeCursor(received.at(-1)?.id ?? '-1') ?? STREAM_START).slice(0, length));
        received.push(...watch(items, decodeCursor(received.at(-1)?.id ?? '-1') ?? STREAM_START));
        expect(substance(received)).toEqual(substance(watch(items, STREAM_START)));
      }),
      { numRuns: 300 },
    );
  });
});
