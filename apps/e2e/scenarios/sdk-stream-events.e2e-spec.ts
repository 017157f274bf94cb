import { answerOf, messagesOf, textOf } from '../src/messages';
import { asking } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';

const AGENT = 'plan-execute-review';
const SUB_GRAPHS = 'sub-graphs';

interface Part {
  readonly id?: string | undefined;
  readonly event: string;
  readonly data: unknown;
}

/** An event of LangChain's `streamEvents`, version 2. */
interface Told {
  readonly event: string;
  readonly name: string;
  readonly run_id: string;
  readonly parent_ids: readonly string[];
  readonly metadata: { readonly langgraph_node?: string };
  readonly data: { readonly input?: unknown; readonly output?: unknown; readonly chunk?: { readonly content: unknown } };
}

async function collect(stream: AsyncIterable<{ id?: string | undefined; event: string; data: unknown }>): Promise<Part[]> {
  const parts: Part[] = [];
  for await (const { id, event, data } of stream) parts.push({ id, event, data });
  return parts;
}

const dataOf = <T>(parts: readonly Part[], event: string): T[] => parts.filter((part) => part.event === event).map((part) => part.data as T);

/** What model calls said, by their run. */
function saidIn(told: readonly Told[]): Map<string, string> {
  const said = new Map<string, string>();
  for (const { event, run_id: run, data } of told) if (event === 'on_chat_model_stream') said.set(run, (said.get(run) ?? '') + textOf(data.chunk?.content));
  return said;
}

describe('streams of events through the SDK', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('stream-events');
  });

  it('events: graph, nodes, model calls with their tokens and tool calls, each in what it ran in', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const input = asking('What is 40 plus 2? drip:on');
    const parts = await collect(client.runs.stream(threadId, AGENT, { input, streamMode: 'events' }));
    const runId = (parts[0]?.data as { run_id: string }).run_id;
    expect(new Set(parts.map(({ event }) => event))).toEqual(new Set(['metadata', 'events']));
    const told = dataOf<Told>(parts, 'events');
    const { values } = await client.threads.getState(threadId);
    expect(told[0]).toMatchObject({ event: 'on_chain_start', name: 'LangGraph', run_id: runId, parent_ids: [], data: { input } });
    expect(told.at(-1)).toMatchObject({ event: 'on_chain_end', run_id: runId, data: { output: values } });
    const nodes = told.filter(({ event, run_id: id }) => event === 'on_chain_start' && id !== runId);
    expect(nodes.map(({ name }) => name)).toEqual(['plan', 'execute', 'tools', 'execute', 'review']);
    for (const { run_id: id, parent_ids: parents } of nodes) {
      expect(parents).toEqual([runId]);
      expect(told.filter((each) => each.run_id === id).map(({ event }) => event)).toEqual(['on_chain_start', 'on_chain_stream', 'on_chain_end']);
    }
    const calls = told.filter(({ event }) => event === 'on_chat_model_end');
    const said = saidIn(told);
    for (const { run_id: id, data, parent_ids: parents } of calls) {
      expect(said.get(id)).toBe(textOf((data.output as { content: unknown }).content));
      expect(nodes.map((node) => node.run_id)).toContain(parents.at(-1));
    }
    expect(calls.map(({ data }) => (data.output as { id: string }).id)).toEqual(messagesOf(values).filter(({ type }) => type === 'ai').map(({ id }) => id));
    // really in pieces
    expect(told.filter(({ event, run_id: id }) => event === 'on_chat_model_stream' && id === calls.at(-1)?.run_id).length).toBeGreaterThan(2);
    expect(told.filter(({ event }) => event.startsWith('on_tool')).map(({ event, name, data }) => [event, name, data.input])).toEqual([
      ['on_tool_start', 'everything__get-sum', { a: 40, b: 2 }],
      ['on_tool_end', 'everything__get-sum', { a: 40, b: 2 }],
    ]);
  });

  it('events: the same for one who comes later, and the rest behind any of them', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const streamMode = ['events', 'tools', 'updates'] as const;
    const { run_id: runId } = await client.runs.create(threadId, AGENT, { input: asking('What is 2 plus 5?'), streamMode: [...streamMode] });
    const answer = await client.runs.join(threadId, runId);
    expect(answerOf(answer)).toContain('7');
    const all = await collect(client.runs.joinStream(threadId, runId, { lastEventId: '-1' }));
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    const facts = (parts: readonly Part[]): unknown[] => parts.filter(({ data }) => !['on_chat_model_start', 'on_chat_model_stream'].includes((data as Told).event)).map(({ data }) => data);
    for (let cut = 0; cut < all.length; cut += 1) {
      const rest = await collect(client.runs.joinStream(threadId, runId, { lastEventId: all[cut]?.id ?? '', streamMode: [...streamMode] }));
      expect(facts(rest)).toEqual(facts(all.slice(cut + 1)));
      const texts = saidIn(dataOf<Told>([...all.slice(0, cut + 1), ...rest], 'events'));
      expect(texts).toEqual(saidIn(dataOf<Told>(all, 'events')));
    }
  }, 60_000);

  it('tools: begin and end of a call, with what it was asked and what it answered', async () => {
    const parts = await collect(tenant.client.runs.stream(null, AGENT, { input: asking('What is 40 plus 2?'), streamMode: 'tools' }));
    const id: unknown = expect.any(String);
    const content: unknown = expect.stringContaining('42');
    expect(dataOf(parts, 'tools')).toEqual([
      { event: 'on_tool_start', toolCallId: id, name: 'everything__get-sum', input: { a: 40, b: 2 } },
      { event: 'on_tool_end', toolCallId: id, name: 'everything__get-sum', output: expect.objectContaining({ type: 'tool', content }) },
    ]);
  });

  it('lifecycle and namespaces: which sub-graphs there are, and one of them alone', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const parts = await collect(client.runs.stream(threadId, SUB_GRAPHS, { input: asking('What is 2 plus 3?'), streamMode: ['lifecycle', 'updates'], streamNamespaces: [''] }));
    const cycle = parts.filter(({ event }) => event.startsWith('lifecycle|')).map(({ data }) => data as { event: string; namespace: string[] });
    expect(cycle.map(({ event, namespace }) => [event, namespace.map((part) => part.split(':')[0])])).toEqual([
      ['started', ['research']],
      ['completed', ['research']],
      ['started', ['editing']],
      ['interrupted', ['editing']],
    ]);
    expect(dataOf<object>(parts, 'updates').flatMap((update) => Object.keys(update))).toEqual(['begin', 'research', '__interrupt__']);
    const runId = (parts[0]?.data as { run_id: string }).run_id;
    const [research = ''] = cycle[0]?.namespace ?? [];
    const inner = await collect(client.runs.joinStream(threadId, runId, { lastEventId: '-1', streamMode: ['updates'], streamNamespaces: [research] }));
    expect(inner.slice(1).map(({ event, data }) => [event, Object.keys(data as object)])).toEqual(['think', 'act', 'observe', 'think'].map((node) => [`updates|${research}`, [node]]));
    await client.runs.wait(threadId, SUB_GRAPHS, { command: { resume: { decision: 'accept' } } });
  });
});
