import type { Frame, JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import fc from 'fast-check';
import { STREAM_START, decodeCursor, type StreamCursor } from './cursor';
import { RunProjection, type StreamEvent } from './run-projection';
import type { StreamMode } from '../runs/runs.schema';
import type { StreamView } from './stream-modes';

// For every run, every interleaving of journal and tokens, every loss of tokens and every point at which the viewer is cut off:
// what was sent before and after the cut is what an uninterrupted viewer gets.

const RUN = '01890000-0000-7000-8000-000000000001';
const context = { runId: RUN, threadId: 'thread', assistantId: 'assistant', graphId: 'graph' };
/** The derived modes tell of messages apart from the message modes, so that a viewer may want both. */
const views = {
  journal: { modes: new Set<StreamMode>(['updates', 'custom', 'tasks', 'messages-tuple']), subgraphs: false },
  derived: { modes: new Set<StreamMode>(['events', 'tools', 'lifecycle']), subgraphs: true },
  both: { modes: new Set<StreamMode>(['updates', 'messages-tuple', 'events', 'tools', 'lifecycle']), subgraphs: true },
};

interface Turn {
  readonly text: string;
  readonly toolCalls: boolean;
  readonly cuts: readonly number[];
  /** Chunks that NATS lost. */
  readonly lost: readonly number[];
  readonly custom: number;
  readonly streamed: boolean;
  /** In a sub-graph of its own. */
  readonly inner: boolean;
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
    inner: fc.boolean(),
  }),
  { minLength: 1, maxLength: 4 },
);

/** Of a sub-agent's call, when it is in a sub-graph. */
const callId = (call: number, inner = false): string => `${inner ? 'h123456789abcdef-0/' : ''}0123456789abcdef-${call}`;
const nsOf = (turn: Turn, call: number): string[] => (turn.inner ? [`outer:01890000-0000-7000-8000-00000000000${call}`] : []);
const taskId = (call: number): string => `01890000-0000-7000-9000-00000000000${call}`;

function messageOf(turn: Turn, call: number) {
  return { type: 'ai', id: `run-${RUN}-${callId(call, turn.inner)}`, content: turn.text, tool_calls: turn.toolCalls ? [{ id: `c${call}`, name: 'f', args: { call } }] : [] };
}

function chunksOf(turn: Turn, call: number): TokenChunk[] {
  if (!turn.streamed) return [];
  const points = [...new Set([0, ...turn.cuts.filter((cut) => cut < turn.text.length), turn.text.length])].sort((a, b) => a - b);
  const base = { call: callId(call, turn.inner), attempt: 1, messageId: messageOf(turn, call).id, node: `n${call}`, ns: nsOf(turn, call) };
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
  const items: Item[] = [row('run.created.v1', {}), row('run.started.v1', {})];
  list.forEach((turn, call) => {
    const ns = nsOf(turn, call);
    const outer = { id: ns[0]?.split(':')[1] ?? '', name: 'outer', interrupts: [] };
    items.push(
      stepRow([
        ...(turn.inner ? [{ ns: [], mode: 'tasks' as const, data: { ...outer, triggers: ['x'], input: { call } } }] : []),
        { ns, mode: 'tasks', data: { id: taskId(call), name: `n${call}`, triggers: ['x'], interrupts: [], input: { call } } },
      ]),
    );
    items.push(...chunksOf(turn, call).map((chunk) => ({ chunk })));
    const custom = Array.from({ length: turn.custom }, (_, i): Frame => ({ ns, mode: 'custom', data: { call, i } }));
    items.push(
      stepRow([
        ...custom,
        { ns, mode: 'updates', data: { [`n${call}`]: { messages: [messageOf(turn, call)] } } },
        { ns, mode: 'tasks', data: { id: taskId(call), name: `n${call}`, result: { call }, interrupts: [] } },
        ...(turn.inner ? [{ ns: [], mode: 'tasks' as const, data: { ...outer, result: {} } }] : []),
      ]),
    );
    if (!turn.toolCalls) return;
    const tools = { id: `01890000-0000-7000-a000-00000000000${call}`, name: 'tools', interrupts: [] };
    const answer = { type: 'tool', id: `answer-${call}`, content: 'found', tool_call_id: `c${call}` };
    items.push(
      stepRow([{ ns: [], mode: 'tasks', data: { ...tools, triggers: ['y'], input: {} } }]),
      row('tool.called.v1', { call_id: `tool-${call}`, tool_call_id: `c${call}`, node: 'tools', server: 's', tool: 'f', effect: 'read', status: 'ok', duration_ms: 1, bytes: 5, arguments_sha256: '' }),
      stepRow([
        { ns: [], mode: 'updates', data: { tools: { messages: [answer] } } },
        { ns: [], mode: 'tasks', data: { ...tools, result: {} } },
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

function watch(items: readonly Item[], from: StreamCursor, view: StreamView): StreamEvent[] {
  const projection = new RunProjection(context, view, from, { input: 1 });
  return items.flatMap((item) => ('row' in item ? projection.applyRow(item.row, new Map()) : projection.applyToken(item.chunk)));
}

/** A piece of a message, in whichever mode it came: the same text and tool calls, however they were cut. */
function pieceOf({ event, data }: StreamEvent): { of: string; id: string; content: string; tool_calls?: { id: string }[] } | undefined {
  const told = data as { event?: string; data: { chunk: { id: string; content: string; tool_calls?: { id: string }[] } } };
  if (event === 'events' && told.event === 'on_chat_model_stream') return { of: 'events', ...told.data.chunk };
  return event.startsWith('messages') ? { of: event, ...(data as [{ id: string; content: string; tool_calls?: { id: string }[] }])[0] } : undefined;
}

/**
 * What counts: journal events as they are, and per message its text and its tool calls. Where a message begins between events of the journal depends
 * on how its tokens come; that it begins once, before its first piece, does not.
 */
function substance(events: readonly StreamEvent[]): unknown {
  const begins = events.filter(({ data }) => (data as { event?: string }).event === 'on_chat_model_start').map(({ data }) => (data as { run_id: string }).run_id).sort();
  const journal = events
    .filter((event) => pieceOf(event) === undefined && (event.data as { event?: string }).event !== 'on_chat_model_start')
    .map(({ event, data }) => [event, data]);
  const messages: Record<string, { text: string; calls: unknown[] }> = {};
  const begun = new Set<string>();
  for (const event of events) {
    const { event: told, run_id: run } = event.data as { event?: string; run_id: string };
    if (told === 'on_chat_model_start') begun.add(run);
    const piece = pieceOf(event);
    if (piece === undefined) continue;
    if (piece.of === 'events') expect(begun).toContain(run);
    const known = (messages[`${piece.of} ${piece.id}`] ??= { text: '', calls: [] });
    known.text += piece.content;
    known.calls.push(...(piece.tool_calls ?? []).map(({ id }) => id));
  }
  return { begins, journal, messages };
}

describe.each(Object.entries(views))('a viewer of %s who comes back', (_, view) => {
  it('gets, with what came before, what an uninterrupted viewer gets', () => {
    fc.assert(
      fc.property(turns, fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }), fc.nat(), (list, first, second, cut) => {
        const items = happenings(list);
        const whole = watch(items, STREAM_START, view);
        const before = watch(interleave(items, first), STREAM_START, view);
        expect(substance(before)).toEqual(substance(whole));
        const kept = before.slice(0, cut % (before.length + 1));
        const from = decodeCursor(kept.at(-1)?.id ?? '-1');
        if (from === undefined) throw new Error('an id that cannot be read back');
        const after = watch(interleave(items, second), from, view);
        expect(substance([...kept, ...after])).toEqual(substance(whole));
      }),
      { numRuns: 200 },
    );
  });

  it('may be cut off again and again', () => {
    const picks = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });
    const visits = fc.array(fc.record({ length: fc.nat(3), picks }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(turns, visits, (list, cutOff) => {
        const items = happenings(list);
        const received: StreamEvent[] = [];
        const goOn = (order: readonly Item[]): StreamEvent[] => watch(order, decodeCursor(received.at(-1)?.id ?? '-1') ?? STREAM_START, view);
        for (const visit of cutOff) received.push(...goOn(interleave(items, visit.picks)).slice(0, visit.length));
        received.push(...goOn(items));
        expect(substance(received)).toEqual(substance(watch(items, STREAM_START, view)));
      }),
      { numRuns: 150 },
    );
  });
});
