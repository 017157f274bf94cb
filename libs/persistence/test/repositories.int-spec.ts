import { createHash } from 'node:crypto';
import { v4, v7 } from 'uuid';
import {
  AssistantsRepository,
  BlobsRepository,
  CheckpointsRepository,
  GraphsRepository,
  RunJournal,
  systemAssistantId,
  ThreadsRepository,
  type TenantScope,
} from '../src/index';
import { aCheckpoint, aTenant, Fixture } from './support';

const db = new Fixture();
const threads = new ThreadsRepository(db.gateway);
const checkpoints = new CheckpointsRepository(db.gateway);
const assistants = new AssistantsRepository(db.gateway);
const journal = new RunJournal(db.worker);
let scope: TenantScope;

beforeEach(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

async function threadWith(steps: number): Promise<string> {
  const threadId = v7();
  await threads.create(scope, { threadId, metadata: { kind: 'test' }, ifExists: 'raise' });
  for (let step = 0; step < steps; step++) {
    await journal.commitEdit(scope, { threadId, checkpoint: aCheckpoint(step, { source: 'update', next: ['n'], metadata: { step, even: step % 2 === 0 } }) });
  }
  return threadId;
}

describe('threads', () => {
  it('are created once', async () => {
    const threadId = v4();
    expect(await threads.create(scope, { threadId, metadata: { a: 1 }, ifExists: 'raise' })).toMatchObject({ kind: 'created', thread: { status: 'idle', values: null } });
    expect(await threads.create(scope, { threadId, metadata: {}, ifExists: 'raise' })).toEqual({ kind: 'exists' });
    expect(await threads.create(scope, { threadId, metadata: {}, ifExists: 'do_nothing' })).toMatchObject({ kind: 'existing', thread: { metadata: { a: 1 } } });
    expect(await threads.patch(scope, threadId, { metadata: { b: 2 } })).toMatchObject({ metadata: { a: 1, b: 2 } });
    expect(await threads.get(scope, v4())).toBeNull();
  });

  it('are found by metadata, values, status and ids, sorted and paged', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      const threadId = v7();
      ids.push(threadId);
      await threads.create(scope, { threadId, metadata: { i, tags: { odd: i % 2 === 1 } }, ifExists: 'raise' });
    }
    await journal.commitEdit(scope, { threadId: ids[2] ?? '', checkpoint: aCheckpoint(0, { values: { topic: 'x', n: 1 } }) });
    const found = async (search: Parameters<typeof threads.search>[1]) => (await threads.search(scope, search)).map((t) => ids.indexOf(t.thread_id));
    expect(await found({})).toEqual([4, 3, 2, 1, 0]);
    expect(await found({ sortOrder: 'asc', limit: 2, offset: 1 })).toEqual([1, 2]);
    expect(await found({ metadata: { tags: { odd: true } } })).toEqual([3, 1]);
    expect(await found({ values: { topic: 'x' } })).toEqual([2]);
    expect(await found({ status: 'busy' })).toEqual([]);
    expect(await found({ ids: [ids[0] ?? '', ids[4] ?? ''], sortBy: 'thread_id', sortOrder: 'asc' })).toEqual([0, 4]);
    expect(await found({ sortBy: 'state_updated_at', limit: 1 })).toEqual([2]);
    expect(await threads.count(scope, { metadata: { tags: { odd: false } } })).toBe(3);
  });

  it('are copied with their history', async () => {
    const threadId = await threadWith(3);
    const newThreadId = v7();
    const copy = await threads.copy(scope, { threadId, newThreadId });
    expect(copy).toMatchObject({ thread_id: newThreadId, metadata: { kind: 'test' }, values: { step: 2 }, status: 'interrupted' });
    const of = async (id: string) => (await checkpoints.history(scope, { threadId: id })).map((c) => c.checkpoint_id);
    expect(await of(newThreadId)).toEqual(await of(threadId));
    expect((await journal.loadThread(scope, { threadId: newThreadId }))?.saved).toBe('saved-2');
    expect(await threads.copy(scope, { threadId: v7(), newThreadId: v7() })).toBeNull();
    await expect(threads.copy(scope, { threadId, newThreadId })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it('are pruned', async () => {
    const [kept, gone] = [await threadWith(3), await threadWith(2)];
    expect(await threads.prune(scope, { threadIds: [kept, v7()], strategy: 'keep_latest' })).toBe(1);
    expect((await checkpoints.history(scope, { threadId: kept })).map((c) => c.step)).toEqual([2]);
    expect(await threads.prune(scope, { threadIds: [gone], strategy: 'delete' })).toBe(1);
    expect(await threads.get(scope, gone)).toBeNull();
    expect(await checkpoints.history(scope, { threadId: gone })).toEqual([]);
  });
});

describe('history', () => {
  it('is paged, filtered and found by id', async () => {
    const threadId = await threadWith(5);
    const all = await checkpoints.history(scope, { threadId });
    expect(all.map((c) => c.step)).toEqual([4, 3, 2, 1, 0]);
    const third = all[2];
    if (third === undefined) throw new Error('no history');
    expect((await checkpoints.history(scope, { threadId, beforeCheckpointId: third.checkpoint_id, limit: 1 })).map((c) => c.step)).toEqual([1]);
    expect(await checkpoints.history(scope, { threadId, beforeCheckpointId: 'nope' })).toEqual([]);
    expect((await checkpoints.history(scope, { threadId, metadata: { even: true } })).map((c) => c.step)).toEqual([4, 2, 0]);
    expect(await checkpoints.get(scope, { threadId, checkpointId: third.checkpoint_id })).toEqual(third);
    expect((await checkpoints.get(scope, { threadId }))?.step).toBe(4);
    expect(await checkpoints.patchMetadata(scope, threadId, { note: 'n' })).toMatchObject({ step: 4, metadata: { step: 4, note: 'n' } });
    expect(await checkpoints.patchMetadata(scope, v7(), {})).toBeNull();
  });
});

describe('assistants', () => {
  const fields = { graphId: 'g', name: 'First', description: null, config: { a: 1 }, context: {}, metadata: { owner: 'me' } };

  it('keep versions', async () => {
    const assistantId = v7();
    expect(await assistants.create(scope, { ...fields, assistantId, ifExists: 'raise' })).toMatchObject({ kind: 'created', assistant: { version: 1 } });
    expect(await assistants.create(scope, { ...fields, assistantId, ifExists: 'raise' })).toEqual({ kind: 'exists' });
    expect(await assistants.update(scope, assistantId, { name: 'Second', metadata: { more: true } })).toMatchObject({
      version: 2,
      name: 'Second',
      config: { a: 1 },
      metadata: { owner: 'me', more: true },
    });
    expect(await assistants.setLatest(scope, assistantId, 1)).toMatchObject({ version: 1, name: 'First', metadata: { owner: 'me' } });
    expect((await assistants.update(scope, assistantId, { description: 'third' }))?.version).toBe(3);
    expect((await assistants.versions(scope, assistantId)).map((v) => [v.version, v.name])).toEqual([[3, 'First'], [2, 'Second'], [1, 'First']]);
    expect((await assistants.versions(scope, assistantId, { metadata: { more: true } })).map((v) => v.version)).toEqual([2]);
    expect(await assistants.setLatest(scope, assistantId, 9)).toBeNull();
    expect(await assistants.update(scope, v7(), { name: 'x' })).toBeNull();
  });

  it('get one number each when updated in parallel', async () => {
    const assistantId = v7();
    await assistants.create(scope, { ...fields, assistantId, ifExists: 'raise' });
    const made = await Promise.all(Array.from({ length: 8 }, (_, i) => assistants.update(scope, assistantId, { name: `n${i}` })));
    expect(made.map((a) => a?.version).sort()).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('exist for every graph, with the id that LangGraph gives them', async () => {
    await assistants.ensureSystem(scope, ['plan-execute-review']);
    await assistants.ensureSystem(scope, ['plan-execute-review']);
    const id = systemAssistantId('plan-execute-review');
    expect(await assistants.get(scope, id)).toMatchObject({ graph_id: 'plan-execute-review', name: 'plan-execute-review', metadata: { created_by: 'system' }, version: 1 });
    expect(await assistants.versions(scope, id)).toHaveLength(1);
  });

  it('are found and deleted, with their threads when asked', async () => {
    const ids = [v7(), v7()];
    for (const [i, assistantId] of ids.entries()) await assistants.create(scope, { ...fields, name: `100%_${i}`, assistantId, ifExists: 'raise' });
    expect((await assistants.search(scope, { name: '0%_1' })).map((a) => a.assistant_id)).toEqual([ids[1]]);
    expect(await assistants.count(scope, { graphId: 'g', metadata: { owner: 'me' } })).toBe(2);
    expect(await assistants.count(scope, { graphId: 'other' })).toBe(0);
    const threadId = v7();
    await threads.create(scope, { threadId, metadata: { assistant_id: ids[0] }, ifExists: 'raise' });
    expect(await assistants.delete(scope, ids[0] ?? '', { deleteThreads: true })).toBe(true);
    expect(await threads.get(scope, threadId)).toBeNull();
    expect(await assistants.delete(scope, ids[0] ?? '')).toBe(false);
    expect(await assistants.versions(scope, ids[0] ?? '')).toEqual([]);
  });
});

describe('graphs', () => {
  it('are registered by workers and read by the gateway', async () => {
    const graphId = `g-${v7()}`;
    const graph = { graphId, buildId: 'b1', description: 'd', structure: { nodes: [], edges: [] }, schemas: { input_schema: {} } };
    await new GraphsRepository(db.worker).register([graph]);
    await new GraphsRepository(db.worker).register([{ ...graph, buildId: 'b2' }]);
    const reader = new GraphsRepository(db.gateway);
    expect(await reader.get(graphId)).toMatchObject({ build_id: 'b2', structure: { nodes: [] } });
    expect((await reader.list()).some((g) => g.graph_id === graphId)).toBe(true);
    expect(await reader.get('nope')).toBeNull();
    await expect(reader.register([graph])).rejects.toMatchObject({ details: { sqlstate: '42501' } });
  });
});

describe('blobs', () => {
  const blob = (body: string) => ({ hash: `sha256:${createHash('sha256').update(body).digest('hex')}`, body });

  it('are stored once under their hash, per tenant', async () => {
    const blobs = new BlobsRepository(db.worker);
    const ownerId = v7();
    const [one, two] = [blob('a\u0000ü😀'.repeat(1_000)), blob('two')];
    await Promise.all(Array.from({ length: 5 }, (_, i) => blobs.putMany(scope, { ownerId }, i % 2 ? [one, two] : [two, one, one])));
    expect(await blobs.getMany(scope, [one.hash, two.hash, 'sha256:missing'])).toEqual(new Map([[one.hash, one.body], [two.hash, two.body]]));
    expect(await blobs.getMany((await aTenant()).scope, [one.hash])).toEqual(new Map());
    await expect(blobs.putMany(scope, { ownerId }, [{ hash: one.hash, body: 'other' }])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
