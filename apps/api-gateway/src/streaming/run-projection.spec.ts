import type { Frame, JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { STREAM_MODES, type StreamMode } from '../runs/runs.schema';
import { STREAM_START, decodeCursor, type StreamCursor } from './cursor';
import { RunProjection, type StreamEvent } from './run-projection';
import type { LoadedCheckpoint } from './state-frames';

const CALL = '0123456789abcdef-0';
const RUN = '01890000-0000-7000-8000-000000000001';
const context = { runId: RUN, threadId: 'thread', assistantId: 'assistant', graphId: 'graph' };

function row(seq: number, type: JournalRow['type'], data: unknown): JournalRow {
  return { tenantId: 'tenant', runId: RUN, threadId: 'thread', seq, type, time: new Date(0), traceparent: null, data };
}

function step(seq: number, frames: Frame[]): JournalRow {
  return row(seq, 'run.step-completed.v1', { step: seq, checkpoint_id: null, parent_checkpoint_id: null, frames });
}

const frame = (mode: Frame['mode'], data: unknown, ns: string[] = []): Frame => ({ mode, data, ns });

function state(checkpointId: string, values: Record<string, unknown>, at = 0): LoadedCheckpoint {
  return { checkpointId, parentCheckpointId: null, values, next: ['b'], tasks: [], metadata: { step: at } };
}

function project(rows: JournalRow[], options: { modes?: StreamMode[]; subgraphs?: boolean; from?: StreamCursor; states?: LoadedCheckpoint[] } = {}): StreamEvent[] {
  const view = { modes: new Set(options.modes ?? STREAM_MODES), subgraphs: options.subgraphs ?? false };
  const projection = new RunProjection(context, view, options.from ?? STREAM_START);
  const known = new Map((options.states ?? []).map((s) => [s.checkpointId, s]));
  return rows.flatMap((r) => {
    const needed = projection.needs(r);
    return projection.applyRow(r, new Map(needed.flatMap((id) => (known.has(id) ? [[id, known.get(id) as LoadedCheckpoint]] : []))));
  });
}

const shown = (events: StreamEvent[]): [string, unknown][] => events.map(({ event, data }) => [event, data]);
const created = row(1, 'run.created.v1', {});

describe('what a viewer sees of the journal', () => {
  it('begins with the metadata, whatever the modes', () => {
    expect(shown(project([created], { modes: ['custom'] }))).toEqual([['metadata', { run_id: RUN, attempt: 1, thread_id: 'thread' }]]);
  });

  it('keeps the names that repeated commits know frames by to itself', () => {
    const frames = [frame('updates', { a: 1 }), frame('custom', { p: 5 }), frame('values', { checkpoint_id: 'c1' }), frame('tasks', { id: 't', name: 'a', triggers: [] })];
    const named = frames.map((one) => ({ ...one, step: 1, nth: 2 }));
    const states = [state('c1', { x: 1 })];
    expect(project([created, step(2, named)], { states })).toEqual(project([created, step(2, frames)], { states }));
  });

  it('shows a mode only to those who asked for it', () => {
    const rows = [step(2, [frame('updates', { a: { x: 1 } }), frame('custom', { p: 5 }), frame('values', { checkpoint_id: 'c1' })])];
    const states = [state('c1', { x: 1 })];
    expect(shown(project(rows, { modes: ['updates'], states }))).toEqual([['updates', { a: { x: 1 } }]]);
    expect(shown(project(rows, { modes: ['custom'], states }))).toEqual([['custom', { p: 5 }]]);
    expect(shown(project(rows, { modes: ['values'], states }))).toEqual([['values', { x: 1 }]]);
  });

  it('asks only for the states that it will show', () => {
    const rows = step(2, [frame('values', { checkpoint_id: 'c1' }), frame('checkpoints', { checkpoint_id: 'c2' }), frame('tasks', { id: 't', name: 'a', triggers: [], input_from: 'c3' })]);
    const needs = (modes: StreamMode[]): string[] => new RunProjection(context, { modes: new Set(modes), subgraphs: false }, STREAM_START).needs(rows);
    expect(needs(['updates'])).toEqual([]);
    expect(needs(['values'])).toEqual(['c1']);
    expect(needs(['debug'])).toEqual(['c2', 'c3']);
  });

  it('names events of sub-graphs after their namespace, and only for those who asked', () => {
    const rows = [step(2, [frame('updates', { inner: 1 }, ['outer:1', 'mid:2'])])];
    expect(project(rows, { modes: ['updates'] })).toEqual([]);
    expect(shown(project(rows, { modes: ['updates'], subgraphs: true }))).toEqual([['updates|outer:1|mid:2', { inner: 1 }]]);
  });

  it('gives the full state with an interrupt', () => {
    const rows = [step(2, [frame('values', { checkpoint_id: 'c1' })]), step(3, [frame('values', { values: { __interrupt__: [{ value: 'ok?' }] } })])];
    expect(shown(project(rows, { modes: ['values'], states: [state('c1', { x: 1 })] }))).toEqual([
      ['values', { x: 1 }],
      ['values', { x: 1, __interrupt__: [{ value: 'ok?' }] }],
    ]);
  });

  it('gives the state of a checkpoint with an interrupt when no values came before', () => {
    const rows = [step(2, [frame('checkpoints', { checkpoint_id: 'c1' }), frame('values', { values: { __interrupt__: [] } })])];
    expect(shown(project(rows, { modes: ['values'], states: [state('c1', { x: 1 })] }))).toEqual([['values', { x: 1, __interrupt__: [] }]]);
  });

  it('fills in the input of a task that equals a state', () => {
    const rows = [step(2, [frame('tasks', { id: 't1', name: 'a', triggers: ['start'], interrupts: [], input_from: 'c1' })])];
    expect(shown(project(rows, { modes: ['tasks'], states: [state('c1', { x: 1 })] }))).toEqual([
      ['tasks', { id: 't1', name: 'a', triggers: ['start'], interrupts: [], input: { x: 1 } }],
    ]);
  });

  it('shapes debug events like LangGraph', () => {
    const rows = [
      step(2, [
        frame('tasks', { id: 't1', name: 'a', error: null, result: { x: 1 }, interrupts: [] }),
        frame('checkpoints', { checkpoint_id: 'c1' }),
        frame('tasks', { id: 't2', name: 'b', triggers: ['a'], interrupts: [], input: 7 }),
      ]),
    ];
    const [result, checkpoint, task] = project(rows, { modes: ['debug'], states: [state('c1', { x: 1 }, 2)] }).map(({ data }) => data as Record<string, unknown>);
    expect(result).toMatchObject({ type: 'task_result', step: 2, timestamp: '1970-01-01T00:00:00.000Z', payload: { id: 't1' } });
    expect(checkpoint).toMatchObject({ type: 'checkpoint', step: 2, payload: { values: { x: 1 }, next: ['b'], checkpoint: { checkpoint_id: 'c1' } } });
    expect(task).toMatchObject({ type: 'task', step: 3, payload: { id: 't2', input: 7 } });
  });

  const late: TokenChunk = { call: CALL, attempt: 1, messageId: 'm', node: 'a', ns: [], offset: 0, text: 'too late' };

  it('shows a failure as error and then ends', () => {
    const projection = new RunProjection(context, { modes: new Set(['values', 'messages-tuple']), subgraphs: false }, STREAM_START);
    const failed = row(2, 'run.failed.v1', { error: { code: 'GRAPH_FAILED', message: 'boom', kind: 'user' } });
    expect(shown(projection.applyRow(failed, new Map()))).toEqual([['error', { error: 'GRAPH_FAILED', message: 'boom' }]]);
    expect(projection.applyToken(late)).toEqual([]);
  });

  it.each(['run.completed.v1', 'run.interrupted.v1', 'run.cancelled.v1'] as const)('ends quietly with %s', (type) => {
    const projection = new RunProjection(context, { modes: new Set(['values', 'messages-tuple']), subgraphs: false }, STREAM_START);
    expect(projection.applyRow(row(2, type, {}), new Map())).toEqual([]);
    expect(projection.applyToken(late)).toEqual([]);
  });

  it('numbers items the same for every view, so that an id works with other modes too', () => {
    const rows = [created, step(2, [frame('updates', { a: 1 }), frame('custom', 1), frame('updates', { b: 2 })])];
    const all = project(rows, { modes: ['updates', 'custom'] });
    const onlyUpdates = project(rows, { modes: ['updates'] });
    expect(onlyUpdates.every((event) => all.some(({ id, data }) => id === event.id && JSON.stringify(data) === JSON.stringify(event.data)))).toBe(true);
  });

  it('goes on behind the last event seen', () => {
    const rows = [created, step(2, [frame('custom', 1), frame('custom', 2)]), step(3, [frame('custom', 3)])];
    const all = project(rows, { modes: ['custom'] });
    const from = decodeCursor(all[1]?.id ?? '');
    expect(project(rows, { modes: ['custom'], ...(from === undefined ? {} : { from }) })).toEqual(all.slice(2));
  });
});

describe('messages', () => {
  const human = { type: 'human', id: 'h1', content: 'hi' };
  const tool = { type: 'tool', id: 'tool-1', content: 'found', tool_call_id: 'c' };
  const ai = { type: 'ai', id: `run-${RUN}-${CALL}`, content: 'Hello there', tool_calls: [{ id: 'c', name: 'f', args: { a: 1 } }] };
  const start = frame('tasks', { id: 't1', name: 'agent', triggers: ['start'], interrupts: [] });
  const chunk = (offset: number, text: string, more: Partial<TokenChunk> = {}): TokenChunk => ({ call: CALL, attempt: 1, messageId: ai.id, node: 'agent', ns: [], offset, text, ...more });
  const textsOf = (events: StreamEvent[]): unknown[] => events.map(({ data }) => (data as [{ content: unknown }])[0].content);
  const view = { modes: new Set<StreamMode>(['messages-tuple']), subgraphs: false };

  it('shows what a node returned, once, and nothing that was there before the run', () => {
    const rows = [
      step(2, [frame('values', { checkpoint_id: 'c0' })]),
      step(3, [frame('updates', { agent: { messages: [human, tool] } })]),
      step(4, [frame('updates', { again: { messages: [tool] } })]),
    ];
    const events = project(rows, { modes: ['messages-tuple'], states: [state('c0', { messages: [human] })] });
    expect(shown(events)).toEqual([['messages', [tool, expect.objectContaining({ langgraph_node: 'agent', run_id: RUN, thread_id: 'thread', tags: [] })]]]);
  });

  it('sends tokens as chunks, the end with tool calls, and the finished message not again', () => {
    const projection = new RunProjection(context, view, STREAM_START);
    projection.applyRow(step(2, [start]), new Map());
    const events = [chunk(0, 'Hello '), chunk(6, 'there'), chunk(11, '', { last: true, tool_calls: ai.tool_calls })].flatMap((c) => projection.applyToken(c));
    expect(textsOf(events)).toEqual(['Hello ', 'there', '']);
    expect((events[2]?.data as [unknown])[0]).toMatchObject({ type: 'AIMessageChunk', tool_call_chunks: [{ id: 'c', name: 'f', args: '{"a":1}', index: 0 }] });
    expect(projection.applyRow(step(3, [frame('updates', { agent: { messages: [ai] } })]), new Map())).toEqual([]);
    expect(projection.applyToken(chunk(0, 'Hello '))).toEqual([]);
  });

  it('sends the rest when tokens were lost', () => {
    const projection = new RunProjection(context, view, STREAM_START);
    projection.applyRow(step(2, [start]), new Map());
    expect(textsOf(projection.applyToken(chunk(0, 'Hel')))).toEqual(['Hel']);
    expect(projection.applyToken(chunk(6, 'there'))).toEqual([]);
    const [rest] = projection.applyRow(step(3, [frame('updates', { agent: { messages: [ai] } })]), new Map());
    expect((rest?.data as [unknown])[0]).toMatchObject({ type: 'AIMessageChunk', content: 'lo there', tool_calls: [{ id: 'c' }] });
    expect(rest?.id).toMatch(/^3\.\d+$/);
  });

  it('goes on inside a message for a viewer who comes back', () => {
    const first = new RunProjection(context, view, STREAM_START);
    first.applyRow(step(2, [start]), new Map());
    const [seen] = first.applyToken(chunk(0, 'Hello'));
    const second = new RunProjection(context, view, decodeCursor(seen?.id ?? '') ?? STREAM_START);
    second.applyRow(step(2, [start]), new Map());
    expect(textsOf([chunk(0, 'Hello'), chunk(5, ' there')].flatMap((c) => second.applyToken(c)))).toEqual([' there']);
  });

  it('holds tokens of an idle node back until the journal says that it runs', () => {
    const projection = new RunProjection(context, view, STREAM_START);
    projection.applyRow(step(2, [start]), new Map());
    projection.applyRow(step(3, [frame('tasks', { id: 't1', name: 'agent', result: {}, interrupts: [] })]), new Map());
    expect(projection.applyToken(chunk(0, 'Hello'))).toEqual([]);
    const events = projection.applyRow(step(4, [frame('tasks', { id: 't2', name: 'agent', triggers: ['x'], interrupts: [] })]), new Map());
    expect(textsOf(events)).toEqual(['Hello']);
  });

  it('begins a new message when the model call is repeated', () => {
    const projection = new RunProjection(context, view, STREAM_START);
    const again = { attempt: 2, messageId: `${ai.id}-a2` };
    const events = [chunk(0, 'Hel'), chunk(0, 'Good', again), chunk(3, 'lo')].flatMap((c) => projection.applyToken(c));
    expect(events.map(({ data }) => (data as [{ id: string; content: string }])[0])).toMatchObject([{ id: ai.id, content: 'Hel' }, { id: again.messageId, content: 'Good' }]);
  });

  it('accumulates for the older messages mode', () => {
    const projection = new RunProjection(context, { modes: new Set<StreamMode>(['messages']), subgraphs: false }, STREAM_START);
    const events = [chunk(0, 'Hello '), chunk(6, 'there')].flatMap((c) => projection.applyToken(c));
    expect(events.map(({ event }) => event)).toEqual(['messages/metadata', 'messages/partial', 'messages/partial']);
    expect((events[2]?.data as [unknown])[0]).toMatchObject({ content: 'Hello there' });
    expect(shown(projection.applyRow(step(2, [frame('updates', { agent: { messages: [ai] } })]), new Map()))).toEqual([['messages/complete', [ai]]]);
  });
});
