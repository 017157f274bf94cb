import { problemOf, send } from '../src/http';
import { answerOf, joinChunks, messagesOf, textOf } from '../src/messages';
import { view } from '../src/stream-viewer';
import { aTenant, type TestTenant } from '../src/tenant';

const ECHO = 'three-calls';
const AGENT = 'plan-execute-review';
const ask = (content: string): { messages: object[] } => ({ messages: [{ role: 'user', content }] });

interface Part {
  readonly id?: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

async function collect(stream: AsyncIterable<{ id?: string | undefined; event: string; data: unknown }>): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const { id, event, data } of stream) parts.push({ id, event, data });
  return parts;
}

const dataOf = <T>(parts: readonly Part[], event: string): T[] => parts.filter((part) => part.event === event).map((part) => part.data as T);

describe('streams through the SDK', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('streams');
  });

  it('values: the whole state after every step', async () => {
    const { client } = tenant;
    let created: unknown;
    const parts = await collect(client.runs.stream(null, ECHO, { input: { input: 'v' }, streamMode: 'values', onRunCreated: (run) => (created = run) }));
    expect(parts.map((part) => part.event)).toEqual(['metadata', 'values', 'values', 'values', 'values']);
    expect(parts[0]?.data).toMatchObject({ run_id: (created as { run_id: string }).run_id, attempt: 1 });
    expect(dataOf<{ results: string[] }>(parts, 'values').map((values) => values.results.length)).toEqual([0, 1, 2, 3]);
  });

  it('updates: what each node returned', async () => {
    const parts = await collect(tenant.client.runs.stream(null, ECHO, { input: { input: 'u' }, streamMode: 'updates' }));
    expect(dataOf(parts, 'updates')).toEqual([
      { one: { results: ['Echo: one u'] } },
      { two: { results: ['Echo: two u'] } },
      { three: { results: ['Echo: three u'] } },
    ]);
    expect(new Set(parts.map((part) => part.event))).toEqual(new Set(['metadata', 'updates']));
  });

  it('tasks: start and result of every task, with the same id', async () => {
    const parts = await collect(tenant.client.runs.stream(null, ECHO, { input: { input: 't' }, streamMode: 'tasks' }));
    const tasks = dataOf<{ id: string; name: string; input?: object; triggers?: string[]; result?: unknown; error?: unknown }>(parts, 'tasks');
    expect(tasks.map((task) => [task.name, task.triggers === undefined ? 'result' : 'start'])).toEqual(['one', 'two', 'three'].flatMap((name) => [[name, 'start'], [name, 'result']]));
    for (let i = 0; i < tasks.length; i += 2) expect(tasks[i]?.id).toBe(tasks[i + 1]?.id);
    expect(tasks[2]).toMatchObject({ input: { input: 't', results: ['Echo: one t'] } });
    expect(tasks[3]).toMatchObject({ result: { results: ['Echo: two t'] }, error: null });
  });

  it('debug: checkpoints, tasks and results with step and time', async () => {
    const parts = await collect(tenant.client.runs.stream(null, ECHO, { input: { input: 'd' }, streamMode: 'debug' }));
    const debug = dataOf<{ type: string; step: number; timestamp: string; payload: { values?: object; name?: string; next?: string[] } }>(parts, 'debug');
    expect(debug.map((entry) => [entry.type, entry.step])).toEqual([
      ['checkpoint', -1],
      ['checkpoint', 0],
      ...[1, 2, 3].flatMap((step) => [['task', step], ['task_result', step], ['checkpoint', step]]),
    ]);
    expect(debug.every((entry) => !Number.isNaN(Date.parse(entry.timestamp)))).toBe(true);
    expect(debug.at(-1)?.payload).toMatchObject({ values: { results: ['Echo: one d', 'Echo: two d', 'Echo: three d'] }, next: [] });
  });

  it('custom: what the graph writes, in order, and nothing but the head when it writes nothing', async () => {
    const agent = await collect(tenant.client.runs.stream(null, AGENT, { input: ask('What is 40 plus 2?'), streamMode: 'custom' }));
    expect(new Set(agent.map((part) => part.event))).toEqual(new Set(['metadata', 'custom']));
    expect(dataOf(agent, 'custom')).toEqual([
      { phase: 'plan', steps: expect.arrayContaining([expect.any(String)]) },
      { phase: 'execute', round: 1, tools: ['everything__get-sum'] },
      { phase: 'review', verdict: 'accepted', feedback: '' },
    ]);
    const parts = await collect(tenant.client.runs.stream(null, ECHO, { input: { input: 'c' }, streamMode: 'custom' }));
    expect(parts.map((part) => part.event)).toEqual(['metadata']);
  });

  it('messages-tuple: tokens as they come, which make up the messages of the state', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const parts = await collect(client.runs.stream(threadId, AGENT, { input: ask('What is 40 plus 2? drip:on'), streamMode: ['messages-tuple'] }));
    const { values } = await client.threads.getState(threadId);
    const said = joinChunks(parts);
    for (const message of messagesOf(values).filter((each) => each.type !== 'human')) expect(said.get(message.id ?? '')).toBe(textOf(message.content));
    expect(said.size).toBe(messagesOf(values).length - 1);
    // really in pieces
    const answerId = messagesOf(values).at(-1)?.id;
    const chunks = dataOf<[{ id: string; content: string; tool_calls?: object[]; usage_metadata?: object }, { langgraph_node: string }]>(parts, 'messages');
    expect(chunks.filter(([chunk]) => chunk.id === answerId).length).toBeGreaterThan(2);
    expect(chunks.find(([chunk]) => chunk.id === answerId)?.[1]).toMatchObject({ langgraph_node: 'execute' });
    expect(chunks.flatMap(([chunk]) => chunk.tool_calls ?? [])).toEqual([expect.objectContaining({ name: 'everything__get-sum', args: { a: 40, b: 2 } })]);
    // the reviewer speaks to the graph, not to people
    expect(chunks.some(([, metadata]) => metadata.langgraph_node === 'review')).toBe(false);
  });

  it('several modes at once keep their order', async () => {
    const parts = await collect(tenant.client.runs.stream(null, ECHO, { input: { input: 'm' }, streamMode: ['values', 'updates', 'tasks'] }));
    const order = parts.map((part) => part.event);
    expect(order).toEqual(['metadata', 'values', ...[1, 2, 3].flatMap(() => ['tasks', 'updates', 'tasks', 'values'])]);
    expect(new Set(parts.map((part) => part.id)).size).toBe(parts.length);
  });

  it('stream of a failing run ends with the error', async () => {
    const parts = await collect(tenant.client.runs.stream(null, AGENT, { input: ask('What is 1 plus 2? fail:400'), streamMode: 'updates' }));
    expect(parts.at(-1)).toMatchObject({ event: 'error', data: { error: expect.any(String), message: expect.any(String) } });
  });

  it('stream of an interrupted run shows the stop', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const parts = await collect(client.runs.stream(threadId, ECHO, { input: { input: 's' }, interruptBefore: ['two'], streamMode: ['updates', 'values'] }));
    expect(dataOf<object>(parts, 'updates').some((update) => '__interrupt__' in update)).toBe(true);
    const rest = await collect(client.runs.stream(threadId, ECHO, { input: null, streamMode: 'updates' }));
    expect(dataOf(rest, 'updates')).toEqual([{ two: { results: ['Echo: two s'] } }, { three: { results: ['Echo: three s'] } }]);
  });

  it('joinStream after the end gives everything again, and the rest after any event', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const live = await collect(client.runs.stream(threadId, ECHO, { input: { input: 'j' }, streamMode: ['values', 'updates', 'debug'] }));
    const runId = (live[0]?.data as { run_id: string }).run_id;
    const again = await collect(client.runs.joinStream(threadId, runId, { lastEventId: '-1', streamMode: ['values', 'updates', 'debug'] }));
    expect(again).toEqual(live);
    for (let cut = 0; cut < live.length; cut += 1) {
      const lastEventId = live[cut]?.id ?? '';
      expect(await collect(client.runs.joinStream(threadId, runId, { lastEventId, streamMode: ['values', 'updates', 'debug'] }))).toEqual(live.slice(cut + 1));
    }
    // without a mode: those of the run
    expect(await collect(client.runs.joinStream(threadId, runId, { lastEventId: '-1' }))).toEqual(live);
    const strange = await send({ method: 'GET', path: `/threads/${threadId}/runs/${runId}/stream`, apiKey: tenant.apiKey, headers: { 'last-event-id': 'nonsense' } });
    expect(problemOf(strange)).toMatchObject({ status: 422 });
  });

  it('joinStream of a run under way: what was, and then what comes', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, AGENT, { input: ask('What is 4 plus 5? slow:300 drip:on'), streamMode: ['updates', 'messages-tuple'] });
    const viewers = await Promise.all([0, 400, 900].map(async (delay) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      return collect(client.runs.joinStream(threadId, run.run_id, { streamMode: ['updates', 'messages-tuple'] }));
    }));
    const { values } = await client.threads.getState(threadId);
    for (const parts of viewers) {
      expect(dataOf<object>(parts, 'updates').map((update) => Object.keys(update)[0])).toEqual(['plan', 'execute', 'tools', 'execute', 'review']);
      const said = joinChunks(parts);
      for (const message of messagesOf(values).filter((each) => each.type !== 'human')) expect(said.get(message.id ?? '')).toBe(textOf(message.content));
      expect(new Set(parts.map((part) => part.id)).size).toBe(parts.length);
    }
  });

  it('loses and repeats nothing for a viewer who is cut off in the middle of messages, again and again', async () => {
    const { client, apiKey } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, AGENT, { input: ask(`echo ${'the quick brown fox jumps over the lazy dog '.repeat(12)}drip:on`) });
    const path = `/threads/${threadId}/runs/${run.run_id}/stream?stream_mode=updates,messages-tuple,tasks`;
    // the first connection gets 150 bytes, the next a few more: cuts at many different places
    const viewing = await view({ apiKey, path, dropAfterBytes: (n) => 150 + n * 37, signal: AbortSignal.timeout(50_000) });
    expect(viewing.connections.dropped).toBeGreaterThan(10);
    expect(viewing.connections.droppedInsideEvent).toBeGreaterThan(5);
    const fresh = await view({ apiKey, path, lastEventId: '-1', signal: AbortSignal.timeout(20_000) });
    const facts = (events: readonly Part[]): Part[] => events.filter((event) => event.event !== 'messages').map(({ id, event, data }) => ({ id: id?.split('~')[0], event, data }));
    expect(facts(viewing.events)).toEqual(facts(fresh.events));
    expect(new Set(viewing.events.map((event) => event.id)).size).toBe(viewing.events.length);
    const { values } = await client.threads.getState(threadId);
    const said = joinChunks(viewing.events);
    for (const message of messagesOf(values).filter((each) => each.type !== 'human')) expect(said.get(message.id ?? '')).toBe(textOf(message.content));
    expect(answerOf(values)).toContain('lazy dog');
  });

  it('heartbeats while nothing happens, and names where to come back to', async () => {
    const { client, apiKey } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const json = { assistant_id: AGENT, input: ask('What is 1 plus 1? slow:2800'), stream_mode: 'updates' };
    const answer = await send({ method: 'POST', path: `/threads/${threadId}/runs/stream`, apiKey, json });
    const [run] = await client.runs.list(threadId);
    expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
    expect(answer.headers.get('location')).toBe(`/threads/${threadId}/runs/${run?.run_id}/stream?stream_mode=updates`);
    expect(answer.headers.get('content-location')).toBe(`/threads/${threadId}/runs/${run?.run_id}`);
    expect(answer.headers.get('cache-control')).toContain('no-');
    expect(answer.text.match(/^: heartbeat$/gm)?.length ?? 0).toBeGreaterThanOrEqual(2);
  });
});
