import { randomUUID } from 'node:crypto';
import { problemFrom, send } from '../src/http';
import { aTenant, type TestTenant } from '../src/tenant';

const GRAPH = 'three-calls';

describe('threads through the SDK', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('threads');
  });

  it('creates with and without an id, once', async () => {
    const { client } = tenant;
    const threadId = randomUUID();
    const created = await client.threads.create({ threadId, metadata: { topic: 'birds' } });
    expect(created).toMatchObject({ thread_id: threadId, status: 'idle', metadata: { topic: 'birds' }, values: null, interrupts: {} });
    expect(await client.threads.get(threadId)).toEqual(created);
    expect(await problemFrom(client.threads.create({ threadId }))).toMatchObject({ status: 409, code: 'CONFLICT' });
    expect(await problemFrom(client.threads.create({ threadId, ifExists: 'raise' }))).toMatchObject({ status: 409 });
    expect(await client.threads.create({ threadId, ifExists: 'do_nothing', metadata: { topic: 'fish' } })).toEqual(created);
    const other = await client.threads.create();
    expect(other.thread_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it('one of many creates of the same id wins', async () => {
    const threadId = randomUUID();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => tenant.client.threads.create({ threadId, metadata: { n } })));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ status: 409 });
  });

  it('merges metadata', async () => {
    const { client } = tenant;
    const { thread_id: id } = await client.threads.create({ metadata: { a: 1, b: { c: 2 } } });
    expect((await client.threads.update(id, { metadata: { a: 3, d: 4 } })).metadata).toEqual({ a: 3, b: { c: 2 }, d: 4 });
    await client.threads.update(id, { metadata: { e: 5 }, returnMinimal: true });
    expect((await client.threads.get(id)).metadata).toEqual({ a: 3, b: { c: 2 }, d: 4, e: 5 });
    expect(await problemFrom(client.threads.update(randomUUID(), { metadata: {} }))).toMatchObject({ status: 404 });
  });

  it('searches by metadata, values, status and ids; sorts, pages, selects, extracts and counts', async () => {
    const { client, apiKey } = await aTenant('thread-search');
    const ids: string[] = [];
    for (const colour of ['red', 'green', 'blue']) {
      ids.push((await client.threads.create({ metadata: { colour, kind: 'paint' } })).thread_id);
    }
    await client.runs.wait(ids[0] ?? '', GRAPH, { input: { input: 'ochre' } });
    const found = await client.threads.search({ metadata: { kind: 'paint' }, sortBy: 'created_at', sortOrder: 'asc' });
    expect(found.map((thread) => thread.thread_id)).toEqual(ids);
    expect((await client.threads.search({ metadata: { colour: 'blue' } })).map((thread) => thread.thread_id)).toEqual([ids[2]]);
    expect((await client.threads.search({ values: { input: 'ochre' } })).map((thread) => thread.thread_id)).toEqual([ids[0]]);
    expect((await client.threads.search({ ids: ids.slice(1), sortBy: 'created_at', sortOrder: 'desc' })).map((thread) => thread.thread_id)).toEqual([ids[2], ids[1]]);
    expect(await client.threads.search({ status: 'busy' })).toEqual([]);
    expect(await client.threads.search({ metadata: { kind: 'paint' }, limit: 1, offset: 1, sortBy: 'created_at', sortOrder: 'asc', select: ['thread_id', 'metadata'] })).toEqual([
      { thread_id: ids[1], metadata: { colour: 'green', kind: 'paint' } },
    ]);
    const extracted = await client.threads.search({ ids: ids.slice(0, 1), extract: { last: 'values.results[-1]', colour: 'metadata.colour' } });
    expect(extracted[0]?.extracted).toEqual({ last: 'Echo: three ochre', colour: 'red' });
    expect(await client.threads.count({ metadata: { kind: 'paint' } })).toBe(3);
    expect(await client.threads.count({ values: { input: 'ochre' } })).toBe(1);
    const page = await send({ method: 'POST', path: '/threads/search', apiKey, json: { metadata: { kind: 'paint' }, limit: 2 } });
    expect(page.headers.get('x-pagination-total')).toBe('3');
    expect(page.headers.get('x-pagination-next')).toBe('2');
  });

  it('shows state and history, newest first', async () => {
    const { client } = tenant;
    const { thread_id: id } = await client.threads.create();
    expect(await client.threads.getState(id)).toMatchObject({ values: {}, next: [], tasks: [] });
    await client.runs.wait(id, GRAPH, { input: { input: 'sun' } });
    const state = await client.threads.getState(id);
    expect(state.values).toEqual({ input: 'sun', results: ['Echo: one sun', 'Echo: two sun', 'Echo: three sun'] });
    expect(state.next).toEqual([]);
    const history = await client.threads.getHistory(id);
    expect(history.map((entry) => entry.next)).toEqual([[], ['three'], ['two'], ['one'], ['__start__']]);
    expect(history.map((entry) => entry.metadata?.step)).toEqual([3, 2, 1, 0, -1]);
    expect(history[0]).toEqual(state);
    for (const [index, entry] of history.entries()) {
      expect(entry.parent_checkpoint?.checkpoint_id).toBe(history[index + 1]?.checkpoint.checkpoint_id);
    }
    const middle = history[2];
    if (middle === undefined) throw new Error('no history');
    expect(await client.threads.getState(id, String(middle.checkpoint.checkpoint_id))).toEqual(middle);
    expect(await client.threads.getState(id, middle.checkpoint)).toEqual(middle);
    const older = await client.threads.getHistory(id, { limit: 2, before: { configurable: { checkpoint_id: String(middle.checkpoint.checkpoint_id) } } });
    expect(older).toEqual(history.slice(3, 5));
    expect((await client.threads.getHistory(id, { metadata: { step: 1 } })).map((entry) => entry.metadata?.step)).toEqual([1]);
    const narrow = await client.threads.getState(id, undefined, { select: ['values.input', 'next'] });
    expect(narrow).toEqual({ values: { input: 'sun' }, next: [] });
    expect(await problemFrom(client.threads.getState(id, randomUUID()))).toMatchObject({ status: 404 });
  });

  it('edits the state as a node, and the next run goes on from there', async () => {
    const { client } = tenant;
    const { thread_id: id } = await client.threads.create({ graphId: GRAPH });
    await client.runs.wait(id, GRAPH, { input: { input: 'moon' }, interruptBefore: ['three'] });
    expect(await client.threads.getState(id)).toMatchObject({ next: ['three'] });
    expect((await client.threads.get(id)).status).toBe('interrupted');
    const before = await client.threads.getState(id);
    const { checkpoint } = await client.threads.updateState(id, { values: { input: 'star', results: ['by hand'] }, asNode: 'two' }) as unknown as { checkpoint: { checkpoint_id: string; thread_id: string } };
    expect(checkpoint.thread_id).toBe(id);
    const edited = await client.threads.getState(id);
    expect(edited.checkpoint.checkpoint_id).toBe(checkpoint.checkpoint_id);
    expect(edited.parent_checkpoint?.checkpoint_id).toBe(before.checkpoint.checkpoint_id);
    expect(edited.metadata?.source).toBe('update');
    expect(edited.values).toEqual({ input: 'star', results: ['Echo: one moon', 'Echo: two moon', 'by hand'] });
    expect(edited.next).toEqual(['three']);
    await client.runs.wait(id, GRAPH, { input: null });
    expect((await client.threads.getState(id)).values).toEqual({ input: 'star', results: ['Echo: one moon', 'Echo: two moon', 'by hand', 'Echo: three star'] });
    expect((await client.threads.get(id)).status).toBe('idle');
  });

  it('goes on from an old checkpoint when a run names one', async () => {
    const { client } = tenant;
    const { thread_id: id } = await client.threads.create();
    await client.runs.wait(id, GRAPH, { input: { input: 'a' } });
    const old = (await client.threads.getHistory(id)).find((entry) => entry.next[0] === 'three');
    if (old === undefined) throw new Error('no checkpoint before node three');
    const values = await client.runs.wait(id, GRAPH, { input: null, checkpointId: String(old.checkpoint.checkpoint_id) });
    expect(values).toEqual({ input: 'a', results: ['Echo: one a', 'Echo: two a', 'Echo: three a'] });
    const [newest] = await client.threads.getHistory(id, { limit: 1 });
    expect(newest?.parent_checkpoint?.checkpoint_id).toBe(old.checkpoint.checkpoint_id);
  });

  it('copies state and history to a thread that lives on by itself', async () => {
    const { client } = tenant;
    const { thread_id: id } = await client.threads.create({ metadata: { origin: 'yes' } });
    await client.runs.wait(id, GRAPH, { input: { input: 'x' } });
    const copy = (await client.threads.copy(id)) as unknown as { thread_id: string; metadata: object };
    expect(copy.thread_id).not.toBe(id);
    expect(copy.metadata).toMatchObject({ origin: 'yes' });
    const [ours, theirs] = await Promise.all([client.threads.getHistory(id), client.threads.getHistory(copy.thread_id)]);
    expect(theirs.map((entry) => [entry.values, entry.next])).toEqual(ours.map((entry) => [entry.values, entry.next]));
    await client.runs.wait(copy.thread_id, GRAPH, { input: { input: 'y' } });
    expect((await client.threads.getState(copy.thread_id)).values).toMatchObject({ input: 'y' });
    expect((await client.threads.getState(id)).values).toMatchObject({ input: 'x' });
    expect(await problemFrom(client.threads.copy(randomUUID()))).toMatchObject({ status: 404 });
  });

  it('deletes with all that belongs to it', async () => {
    const { client } = tenant;
    const { thread_id: id } = await client.threads.create();
    await client.runs.wait(id, GRAPH, { input: { input: 'z' } });
    const [run] = await client.runs.list(id);
    await client.threads.delete(id);
    for (const call of [
      () => client.threads.get(id),
      () => client.threads.getState(id),
      () => client.threads.getHistory(id),
      () => client.threads.updateState(id, { values: {} }),
      () => client.threads.delete(id),
      () => client.runs.list(id),
      () => client.runs.get(id, run?.run_id ?? ''),
      () => client.runs.join(id, run?.run_id ?? ''),
      () => client.runs.create(id, GRAPH, { input: {} }),
    ]) {
      expect(await problemFrom(call())).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    }
  });

  it('prunes', async () => {
    const { client } = tenant;
    const [a, b] = [await client.threads.create(), await client.threads.create()];
    await client.runs.wait(a.thread_id, GRAPH, { input: { input: 'keep' } });
    expect(await client.threads.prune([a.thread_id], { strategy: 'keep_latest' })).toEqual({ pruned_count: 1 });
    expect(await client.threads.getHistory(a.thread_id)).toHaveLength(1);
    expect((await client.threads.getState(a.thread_id)).values).toMatchObject({ input: 'keep' });
    expect(await client.threads.prune([b.thread_id])).toEqual({ pruned_count: 1 });
    expect(await problemFrom(client.threads.get(b.thread_id))).toMatchObject({ status: 404 });
  });
});
