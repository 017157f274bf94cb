import { randomUUID } from 'node:crypto';
import type { Checkpoint, Client, ThreadState } from '@langchain/langgraph-sdk';
import { problemFrom } from '../src/http';
import { asking, see } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';

const GRAPH = 'sub-graphs';

type Task = ThreadState['tasks'][number];

/** The only task of a state. */
function taskOf(state: ThreadState | undefined): Task {
  if (state?.tasks.length !== 1) throw new Error(`one task expected: ${JSON.stringify(state?.tasks)}`);
  return state.tasks[0] as Task;
}

function addressOf(state: ThreadState | undefined): Checkpoint {
  const { checkpoint } = taskOf(state);
  if (checkpoint === null) throw new Error('the task is no sub-graph');
  return checkpoint as Checkpoint;
}

async function historyOf(client: Client, threadId: string, checkpoint: Partial<Checkpoint>): Promise<ThreadState[]> {
  return client.threads.getHistory(threadId, { checkpoint: { checkpoint_ns: checkpoint.checkpoint_ns } as Checkpoint, limit: 100 });
}

describe('states of sub-graphs through the SDK', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('sub-graph-states');
  });

  it('are in the tasks of a thread that waits inside of one, and found by their namespace', async () => {
    const { client } = tenant;
    const { threadId } = await see(tenant, GRAPH, { input: asking('What is 2 plus 3?') });
    const state = await client.threads.getState(threadId);
    expect(taskOf(state)).toMatchObject({ name: 'editing', state: null, checkpoint: { thread_id: threadId, checkpoint_ns: `editing:${taskOf(state).id}` } });
    const deep = await client.threads.getState(threadId, undefined, { subgraphs: true });
    expect({ ...deep, tasks: [] }).toEqual({ ...state, tasks: [] });
    const { checkpoint_ns: ns } = addressOf(state);
    const inner = taskOf(deep).state as ThreadState;
    expect(taskOf(deep).checkpoint).toBeNull();
    expect(inner).toMatchObject({
      next: ['review'],
      values: { drafts: 1, draft: expect.stringContaining('The sum of 2 and 3 is 5.'), verdict: 'pending' },
      tasks: [{ name: 'review', interrupts: [{ value: { kind: 'review' } }], checkpoint: null, state: null }],
      metadata: { step: 1, source: 'loop', parents: { '': state.checkpoint.checkpoint_id } },
      checkpoint: { thread_id: threadId, checkpoint_ns: ns, checkpoint_map: { '': state.checkpoint.checkpoint_id } },
    });
    expect(inner.values).toMatchObject({ messages: expect.arrayContaining([expect.objectContaining({ type: 'human', content: 'What is 2 plus 3?' })]) });
    expect(await client.threads.getState(threadId, addressOf(state))).toEqual(inner);
    expect(await client.threads.getState(threadId, inner.checkpoint)).toEqual(inner);
    expect(await client.threads.getState(threadId, state.checkpoint, { subgraphs: true })).toEqual(deep);
    expect(await client.threads.getState(threadId, addressOf(state), { select: ['next', 'values.drafts'] })).toEqual({ next: ['review'], values: { drafts: 1 } });
  });

  it('go back step by step, also those of runs before, and stay when the sub-graph is done', async () => {
    const { client } = tenant;
    const { threadId } = await see(tenant, GRAPH, { input: asking('What is 4 plus 5?') });
    const address = addressOf(await client.threads.getState(threadId));
    const first = await historyOf(client, threadId, address);
    expect(first.map(({ next, metadata }) => [next, metadata?.step])).toEqual([[['review'], 1], [['write'], 0], [['__start__'], -1]]);
    expect(first[0]).toEqual(await client.threads.getState(threadId, address));

    await see(tenant, GRAPH, { threadId, resume: { decision: 'revise', remarks: 'Say please.' } });
    const second = await historyOf(client, threadId, address);
    expect(second.map(({ next }) => next)).toEqual([['review'], ['write'], ['review'], ['write'], ['__start__']]);
    expect(second[0]?.values).toMatchObject({ drafts: 2, draft: expect.stringContaining('Changed as asked: Say please.') });
    expect(second.slice(-2)).toEqual(first.slice(-2));
    for (const [i, { parent_checkpoint: parent }] of second.entries()) expect(parent ?? undefined).toEqual(second[i + 1]?.checkpoint);
    expect(await client.threads.getState(threadId, second[3]?.checkpoint)).toEqual(second[3]);
    const before = { configurable: { checkpoint_id: String(second[1]?.checkpoint.checkpoint_id) } };
    expect(await client.threads.getHistory(threadId, { checkpoint: address, limit: 2, before })).toEqual(second.slice(2, 4));
    expect(await client.threads.getHistory(threadId, { checkpoint: address, metadata: { source: 'input' } })).toEqual(second.slice(-1));

    await see(tenant, GRAPH, { threadId, resume: { decision: 'accept' } });
    const [done] = await client.threads.getHistory(threadId, { checkpoint: address, limit: 1 });
    expect(done).toMatchObject({ next: [], tasks: [], values: { verdict: 'accepted', drafts: 2 } });
    const states = await client.threads.getHistory(threadId, { limit: 100 });
    const editing = states.find(({ next }) => next[0] === 'editing');
    const then = await client.threads.getState(threadId, editing?.checkpoint, { subgraphs: true });
    expect(taskOf(then).state).toEqual(done);
    // What SDKs ask for to show an agent that has ended.
    const [research] = await historyOf(client, threadId, addressOf(states.find(({ next }) => next[0] === 'research')));
    const { messages } = research?.values as { messages: { type: string; content: string }[] };
    expect(messages.at(-1)).toMatchObject({ type: 'ai', content: expect.stringContaining('9') });
  });

  it('go with a copy of the thread, which goes on inside of the sub-graph', async () => {
    const { client } = tenant;
    const { threadId } = await see(tenant, GRAPH, { input: asking('What is 6 plus 7?') });
    const { thread_id: copyId } = (await client.threads.copy(threadId)) as unknown as { thread_id: string };
    const address = addressOf(await client.threads.getState(copyId));
    expect(address.thread_id).toBe(copyId);
    const [ours, theirs] = await Promise.all([threadId, copyId].map((id) => client.threads.getState(id, { ...address, thread_id: id })));
    expect(theirs).toMatchObject({ values: ours?.values as object, next: ['review'], checkpoint: { thread_id: copyId } });
    expect(await historyOf(client, copyId, address)).toEqual([theirs]);
    await see(tenant, GRAPH, { threadId: copyId, resume: { decision: 'accept' } });
    expect((await client.threads.getState(copyId)).values).toMatchObject({ verdict: 'accepted' });
    expect(await client.threads.getState(threadId, address)).toEqual(ours);
  });

  it('are edited where the sub-graph stands, which goes on with that', async () => {
    const { client } = tenant;
    const { threadId } = await see(tenant, GRAPH, { input: asking('What is 8 plus 9?') });
    const before = await client.threads.getState(threadId);
    const address = addressOf(before);
    const [newest, older] = await historyOf(client, threadId, address);
    const update = (values: Record<string, unknown>, checkpoint: Checkpoint | undefined): Promise<{ checkpoint: Checkpoint }> =>
      client.threads.updateState(threadId, { values, checkpoint, asNode: 'write' }) as unknown as Promise<{ checkpoint: Checkpoint }>;
    const { checkpoint } = await update({ draft: 'By hand.' }, newest?.checkpoint);
    const edited = await client.threads.getState(threadId, address);
    expect(edited).toMatchObject({ checkpoint, values: { draft: 'By hand.', drafts: 1 }, next: ['review'], metadata: { source: 'update', step: 2 } });
    expect(await client.threads.getState(threadId, checkpoint)).toEqual(edited);
    expect(await client.threads.getHistory(threadId, { checkpoint })).toEqual([edited]);
    expect(edited.parent_checkpoint?.checkpoint_id).toBe(newest?.checkpoint.checkpoint_id);
    expect(await client.threads.getState(threadId, edited.parent_checkpoint ?? undefined)).toMatchObject({ values: newest?.values as object, metadata: { step: 1 } });
    expect((await historyOf(client, threadId, address)).map(({ metadata }) => metadata?.step)).toEqual([2, 1, 0, -1]);
    expect(await client.threads.getHistory(threadId, { checkpoint: address, limit: 1 })).toEqual([edited]);
    const root = await client.threads.getState(threadId);
    expect(checkpoint.checkpoint_map).toMatchObject({ '': root.checkpoint.checkpoint_id });
    expect(root).toMatchObject({ values: before.values as object, next: ['editing'], metadata: { source: 'update' }, parent_checkpoint: before.checkpoint });
    expect(addressOf(root)).toEqual(address);
    const refused = { status: 422, code: 'NOT_SUPPORTED', detail: expect.stringContaining('is not where the sub-graph stands') };
    for (const past of [newest, older]) expect(await problemFrom(update({ draft: 'Too late.' }, past?.checkpoint))).toMatchObject(refused);
    await see(tenant, GRAPH, { threadId, resume: { decision: 'accept' } });
    const { values } = await client.threads.getState(threadId);
    expect(values).toMatchObject({ verdict: 'accepted', draft: 'By hand.' });
    expect((await historyOf(client, threadId, address)).map(({ metadata }) => metadata?.step)).toEqual([3, 2, 1, 0, -1]);
    expect(await problemFrom(update({ draft: 'Too late.' }, address))).toMatchObject({ status: 422, code: 'INVALID_ARGUMENT' });
  });

  it('begin no runs, and are found by who owns the thread only, and under their own names', async () => {
    const { client } = tenant;
    const { threadId } = await see(tenant, GRAPH, { input: asking('What is 1 plus 1?') });
    const { checkpoint } = await client.threads.getState(threadId, addressOf(await client.threads.getState(threadId)));
    const refused = { status: 422, code: 'NOT_SUPPORTED', detail: expect.stringContaining('checkpoint.checkpoint_ns names a sub-graph') };
    expect(await problemFrom(client.runs.create(threadId, GRAPH, { input: null, checkpoint }))).toMatchObject(refused);
    const { client: stranger } = await aTenant('sub-graph-stranger');
    expect(await problemFrom(stranger.threads.getState(threadId, checkpoint))).toMatchObject({ status: 404 });
    expect(await problemFrom(stranger.threads.getHistory(threadId, { checkpoint }))).toMatchObject({ status: 404 });
    expect(await problemFrom(stranger.threads.updateState(threadId, { values: { draft: 'mine' }, checkpoint }))).toMatchObject({ status: 404 });
    const named = (checkpoint_ns: string, checkpoint_id: string | null = null) => ({ thread_id: threadId, checkpoint_ns, checkpoint_id, checkpoint_map: null });
    expect(await problemFrom(client.threads.getState(threadId, named(`editing:${randomUUID()}`)))).toMatchObject({ status: 404 });
    expect(await problemFrom(client.threads.updateState(threadId, { values: {}, checkpoint: named(`editing:${randomUUID()}`) }))).toMatchObject({ status: 404 });
    expect(await problemFrom(client.threads.getState(threadId, named(checkpoint.checkpoint_ns, randomUUID())))).toMatchObject({ status: 404 });
    expect(await problemFrom(client.threads.getState(threadId, named('editing')))).toMatchObject({ status: 422, detail: expect.stringContaining('names no sub-graph') });
    expect(await historyOf(client, threadId, named(`editing:${randomUUID()}`))).toEqual([]);
  });
});
