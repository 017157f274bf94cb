import type { Frame, JournalRow } from '@holdfast/contracts/events';
import type { TokenChunk } from '@holdfast/contracts/messages';
import type { StreamMode } from '../runs/runs.schema';
import { STREAM_START } from './cursor';
import { RunProjection, type StreamEvent } from './run-projection';
import type { LoadedCheckpoint } from './state-frames';

const RUN = '01890000-0000-7000-8000-000000000001';
const CALL = '0123456789abcdef-0';
const [AGENT, TOOLS, OUTER, INNER] = ['a', 'b', 'c', 'd'].map((digit) => `01890000-0000-7000-9000-00000000000${digit}`) as [string, string, string, string];
const context = { runId: RUN, threadId: 'thread', assistantId: 'assistant', graphId: 'graph' };
const where = { run_id: RUN, thread_id: 'thread', assistant_id: 'assistant', graph_id: 'graph' };

interface Told {
  readonly event: string;
  readonly name: string;
  readonly run_id: string;
  readonly parent_ids: readonly string[];
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Rows get their places in the order in which they are given. */
function rowsOf(...rows: readonly (readonly [JournalRow['type'], unknown])[]): JournalRow[] {
  return rows.map(([type, data], i) => ({ tenantId: 't', runId: RUN, threadId: 'thread', seq: i + 1, type, time: new Date(0), traceparent: null, data }));
}

const step = (...frames: Frame[]): readonly [JournalRow['type'], unknown] => ['run.step-completed.v1', { step: 1, checkpoint_id: null, parent_checkpoint_id: null, frames }];
const frame = (mode: Frame['mode'], data: unknown, ns: string[] = []): Frame => ({ mode, data, ns });
const task = (id: string, name: string, rest: Record<string, unknown>, ns: string[] = []): Frame => frame('tasks', { id, name, interrupts: [], ...rest }, ns);
const called = (status = 'ok', id = 'x'): readonly [JournalRow['type'], unknown] => [
  'tool.called.v1',
  { call_id: `ledger-${id}`, tool_call_id: id, node: 'tools', server: 'web', tool: 'search', effect: 'read', status, duration_ms: 1, bytes: 5, arguments_sha256: '' },
];

function project(rows: JournalRow[], modes: StreamMode[], options: { subgraphs?: boolean; states?: LoadedCheckpoint[] } = {}): StreamEvent[] {
  const projection = new RunProjection(context, { modes: new Set(modes), subgraphs: options.subgraphs ?? false }, STREAM_START, { q: 'hi' });
  const known = new Map((options.states ?? []).map((state) => [state.checkpointId, state]));
  return rows.flatMap((row) => {
    const needed = projection.needs(row).map((id) => [id, known.get(id)] as const);
    return projection.applyRow(row, new Map(needed.filter((pair): pair is [string, LoadedCheckpoint] => pair[1] !== undefined)));
  });
}

const toldIn = (events: readonly StreamEvent[]): Told[] => events.filter(({ event }) => event === 'events').map(({ data }) => data as Told);
const ai = { type: 'ai', id: `run-${RUN}-${CALL}`, content: 'let me look', tool_calls: [{ id: 'x', name: 'web__search', args: { q: 'hi' } }] };
const answer = { type: 'tool', id: 'answer', content: 'found', tool_call_id: 'x' };
const state = (values: Record<string, unknown>): LoadedCheckpoint => ({ checkpointId: 'c1', parentCheckpointId: null, values, next: [], tasks: [], metadata: {} });

const agentRun = rowsOf(
  ['run.created.v1', {}],
  ['run.started.v1', {}],
  step(frame('values', { checkpoint_id: 'c1' }), task(AGENT, 'agent', { triggers: ['start'], input_from: 'c1' })),
  step(frame('updates', { agent: { messages: [ai] } }), task(AGENT, 'agent', { result: { messages: [ai] } }), task(TOOLS, 'tools', { triggers: ['agent'], input: 7 })),
  called(),
  step(frame('updates', { tools: { messages: [answer] } }), task(TOOLS, 'tools', { result: { messages: [answer] } })),
  ['run.started.v1', {}],
  ['run.completed.v1', { steps: 2 }],
);

describe('the mode events', () => {
  it('tells what runs in what, with what it got and gave', () => {
    const told = toldIn(project(agentRun, ['events'], { states: [state({ messages: [] })] }));
    expect(told.map(({ event, name }) => `${event} ${name}`)).toEqual([
      'on_chain_start LangGraph',
      'on_chain_start agent',
      'on_chat_model_start ChatModel',
      'on_chat_model_stream ChatModel',
      'on_chat_model_end ChatModel',
      'on_chain_stream agent',
      'on_chain_end agent',
      'on_chain_start tools',
      'on_tool_start web__search',
      'on_tool_end web__search',
      'on_chain_stream tools',
      'on_chain_end tools',
      'on_chain_end LangGraph',
    ]);
    expect(told[0]).toEqual({ event: 'on_chain_start', name: 'LangGraph', run_id: RUN, parent_ids: [], tags: [], metadata: { ...where, langgraph_checkpoint_ns: '' }, data: { input: { q: 'hi' } } });
    expect(told[1]).toMatchObject({
      run_id: AGENT,
      parent_ids: [RUN],
      tags: ['graph:step:1'],
      metadata: { langgraph_node: 'agent', langgraph_step: 1, langgraph_triggers: ['start'], langgraph_checkpoint_ns: `agent:${AGENT}` },
      data: { input: { messages: [] } },
    });
    expect(told[3]).toMatchObject({ parent_ids: [RUN, AGENT], metadata: { langgraph_node: 'agent', ls_model_type: 'chat' }, data: { chunk: { type: 'AIMessageChunk', content: 'let me look' } } });
    expect(told[4]).toMatchObject({ run_id: told[2]?.run_id, data: { output: ai } });
    expect(told[6]).toMatchObject({ run_id: AGENT, data: { output: { messages: [ai] } } });
    expect(told[8]).toMatchObject({ parent_ids: [RUN, TOOLS], data: { input: { q: 'hi' } } });
    expect(told[9]).toMatchObject({ run_id: told[8]?.run_id, data: { input: { q: 'hi' }, output: answer } });
    expect(told[12]).toMatchObject({ run_id: RUN, data: { output: { messages: [] } } });
  });

  it('gives each of its events an id of its own, which depends on no other mode', () => {
    const alone = project(agentRun, ['events']);
    const among = project(agentRun, ['events', 'tools', 'lifecycle', 'updates', 'tasks', 'messages-tuple']);
    expect(new Set(alone.map(({ id }) => id)).size).toBe(alone.length);
    expect(among.filter(({ event }) => event === 'events' || event === 'metadata')).toEqual(alone);
  });

  it('tells tokens as they come, and only what is left with the message', () => {
    const projection = new RunProjection(context, { modes: new Set(['events']), subgraphs: false }, STREAM_START);
    const chunk = (offset: number, text: string, rest: Partial<TokenChunk> = {}): TokenChunk => ({ call: CALL, attempt: 1, messageId: ai.id, node: 'agent', ns: [], offset, text, ...rest });
    for (const row of agentRun.slice(0, 3)) projection.applyRow(row, new Map());
    const live = toldIn([chunk(0, 'let '), chunk(4, 'me')].flatMap((each) => projection.applyToken(each)));
    expect(live.map(({ event }) => event)).toEqual(['on_chat_model_start', 'on_chat_model_stream', 'on_chat_model_stream']);
    const then = toldIn(projection.applyRow(agentRun[3]!, new Map()));
    expect(then.slice(0, 2)).toMatchObject([
      { event: 'on_chat_model_stream', run_id: live[0]?.run_id, data: { chunk: { content: ' look', tool_calls: [{ id: 'x' }] } } },
      { event: 'on_chat_model_end', run_id: live[0]?.run_id },
    ]);
  });

  it('tells a repeated attempt as another call, and ends only that', () => {
    const projection = new RunProjection(context, { modes: new Set(['events']), subgraphs: false }, STREAM_START);
    const chunk: TokenChunk = { call: CALL, attempt: 1, messageId: ai.id, node: 'agent', ns: [], offset: 0, text: 'let' };
    for (const row of agentRun.slice(0, 3)) projection.applyRow(row, new Map());
    const again = { ...ai, id: `${ai.id}-a2` };
    const live = toldIn([chunk, { ...chunk, attempt: 2, messageId: again.id }].flatMap((each) => projection.applyToken(each)));
    const [lost, kept] = live.filter(({ event }) => event === 'on_chat_model_start').map(({ run_id: id }) => id);
    expect(lost).not.toBe(kept);
    const row = { ...agentRun[3]!, data: { ...(agentRun[3]!.data as object), frames: [frame('updates', { agent: { messages: [again] } })] } };
    expect(toldIn(projection.applyRow(row, new Map())).filter(({ event }) => event === 'on_chat_model_end')).toMatchObject([{ run_id: kept }]);
  });

  it('takes messages of nodes and of the input for no model calls', () => {
    const rows = rowsOf(step(frame('updates', { agent: { messages: [{ type: 'ai', id: 'canned', content: 'hello' }, { type: 'human', id: 'h', content: 'hi' }] } })));
    expect(project(rows, ['events'])).toEqual([]);
  });

  it('ends nothing that failed or stopped', () => {
    const rows = rowsOf(
      step(task(AGENT, 'agent', { triggers: ['start'] }), task(AGENT, 'agent', { error: 'boom' })),
      step(task(TOOLS, 'tools', { triggers: ['start'] }), task(TOOLS, 'tools', { interrupts: [{ value: 'ok?' }] })),
      ['run.failed.v1', { error: { code: 'GRAPH_FAILED', message: 'boom', kind: 'user' } }],
    );
    const events = project(rows, ['events']);
    expect(toldIn(events).map(({ event }) => event)).toEqual(['on_chain_start', 'on_chain_start']);
    expect(events.at(-1)?.event).toBe('error');
  });
});

describe('the mode tools', () => {
  it('tells of a call when it is answered, and of its answer when that is in the state', () => {
    expect(project(agentRun, ['tools']).slice(1).map(({ event, data }) => [event, data])).toEqual([
      ['tools', { event: 'on_tool_start', toolCallId: 'x', name: 'web__search', input: { q: 'hi' } }],
      ['tools', { event: 'on_tool_end', toolCallId: 'x', name: 'web__search', output: answer }],
    ]);
  });

  it('waits for the node that made the call', () => {
    const rows = rowsOf(called(), step(task(TOOLS, 'tools', { triggers: ['agent'] })));
    expect(project(rows, ['tools', 'tasks']).map(({ event }) => event)).toEqual(['tasks', 'tools']);
  });

  it('tells of a call that the ledger repeats once', () => {
    const rows = rowsOf(step(task(TOOLS, 'tools', { triggers: ['agent'] })), called(), called());
    expect(project(rows, ['tools'])).toHaveLength(1);
  });

  it('ends with its node what no message carries, and tells what failed as an error', () => {
    const rows = rowsOf(
      step(task(TOOLS, 'tools', { triggers: ['agent'] })),
      called('ok', 'quiet'),
      called('error'),
      step(frame('updates', { tools: { messages: [{ ...answer, content: 'no such page' }] } }), task(TOOLS, 'tools', { result: {} })),
    );
    expect(project(rows, ['tools']).map(({ data }) => data)).toMatchObject([
      { event: 'on_tool_start', toolCallId: 'quiet', name: 'web__search', input: {} },
      { event: 'on_tool_start', toolCallId: 'x' },
      { event: 'on_tool_error', toolCallId: 'x', error: 'no such page' },
      { event: 'on_tool_end', toolCallId: 'quiet', output: null },
    ]);
  });

  it('knows what was asked for before the run', () => {
    const rows = rowsOf(step(frame('values', { checkpoint_id: 'c1' }), task(TOOLS, 'tools', { triggers: ['x'] })), called());
    expect(project(rows, ['tools'], { states: [state({ messages: [ai] })] })).toMatchObject([{ data: { input: { q: 'hi' } } }]);
  });
});

describe('the mode lifecycle', () => {
  const ns = [`outer:${OUTER}`];
  const begin = [task(OUTER, 'outer', { triggers: ['x'] }), task(INNER, 'inner', { triggers: ['x'] }, ns), frame('values', { values: { deep: 1 } }, ns)];
  const lifecycleOf = (events: readonly StreamEvent[]): unknown[] => events.filter(({ event }) => event.startsWith('lifecycle')).map(({ event, data }) => [event, data]);
  const started = [`lifecycle|${ns[0]}`, { event: 'started', namespace: ns }];

  it.each([
    ['completed', { result: {} }, {}],
    ['failed', { error: 'boom' }, { error: { error: 'Error', message: 'boom' } }],
    ['interrupted', { interrupts: [{ value: 1 }] }, {}],
  ])('tells of sub-graphs that they began and %s', (event, end, more) => {
    const rows = rowsOf(step(...begin), step(task(OUTER, 'outer', end)));
    expect(lifecycleOf(project(rows, ['lifecycle']))).toEqual([started, [`lifecycle|${ns[0]}`, { event, namespace: ns, ...more }]]);
  });

  it.each([
    ['interrupted', ['run.cancelled.v1', { reason: 'enough' }], {}],
    ['interrupted', ['run.interrupted.v1', { interrupts: {} }], {}],
    ['failed', ['run.failed.v1', { error: { code: 'GRAPH_FAILED', message: 'boom', kind: 'user' } }], { error: { error: 'GRAPH_FAILED', message: 'boom' } }],
  ] as const)('tells of those under way that they %s when the run is over', (event, last, more) => {
    expect(lifecycleOf(project(rowsOf(step(...begin), last), ['lifecycle'])).at(-1)).toEqual([`lifecycle|${ns[0]}`, { event, namespace: ns, ...more }]);
  });

  it('is told in the mode events too, with the state that the sub-graph came to', () => {
    const told = toldIn(project(rowsOf(step(...begin), step(task(OUTER, 'outer', { result: {} }))), ['events']));
    const graph = told.filter(({ name }) => name === 'LangGraph');
    expect(graph).toMatchObject([
      { event: 'on_chain_start', parent_ids: [RUN, OUTER] },
      { event: 'on_chain_end', run_id: graph[0]?.run_id, data: { output: { deep: 1 } } },
    ]);
    expect(told.find(({ name }) => name === 'inner')).toMatchObject({ run_id: INNER, parent_ids: [RUN, OUTER, graph[0]?.run_id] });
  });
});

describe('a viewer of some namespaces', () => {
  const ns = [`outer:${OUTER}`];
  const rows = rowsOf(
    step(task(OUTER, 'outer', { triggers: ['x'] }), frame('updates', { inner: 1 }, ns), frame('updates', { deep: 1 }, [...ns, `inner:${INNER}`]), frame('updates', { outer: 1 })),
  );
  const seenOf = (...namespaces: string[]): unknown[] => {
    const view = { modes: new Set<StreamMode>(['updates', 'lifecycle']), subgraphs: false, namespaces: new Set(namespaces) };
    const events = rows.flatMap((row) => new RunProjection(context, view, STREAM_START).applyRow(row, new Map()));
    return events.filter(({ event }) => event.startsWith('updates')).map(({ event, data }) => [event, data]);
  };

  it('sees what those tell of themselves, without what is in them', () => {
    expect(seenOf('')).toEqual([['updates', { outer: 1 }]]);
    expect(seenOf(ns[0]!)).toEqual([[`updates|${ns[0]}`, { inner: 1 }]]);
    expect(seenOf('', `${ns[0]}|inner:${INNER}`)).toEqual([
      [`updates|${ns[0]}|inner:${INNER}`, { deep: 1 }],
      ['updates', { outer: 1 }],
    ]);
    expect(seenOf('elsewhere')).toEqual([]);
  });

  it('hears of every sub-graph there is', () => {
    const view = { modes: new Set<StreamMode>(['lifecycle']), subgraphs: false, namespaces: new Set(['']) };
    expect(rows.flatMap((row) => new RunProjection(context, view, STREAM_START).applyRow(row, new Map()))).toHaveLength(2);
  });
});
