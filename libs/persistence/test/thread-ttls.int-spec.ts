import { setTimeout as sleep } from 'node:timers/promises';
import { v4, v7 } from 'uuid';
import { RunJournal, RunsRepository, ThreadTtlsRepository, ThreadsRepository, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, aTenant, Fixture, ScratchDatabase, type Role } from './support';

// Of its own: what is due is given to whoever asks, and a gateway may run beside the tests.
let scratch: ScratchDatabase;
let db: Fixture;
let threads: ThreadsRepository;
let ttls: ThreadTtlsRepository;
let runs: RunsRepository;
let journal: RunJournal;
let scope: TenantScope;
const address = (role: Role): string => scratch.url(role);

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
  db = new Fixture(address);
  [threads, ttls] = [new ThreadsRepository(db.gateway), new ThreadTtlsRepository(db.gateway)];
  [runs, journal] = [new RunsRepository(db.gateway), new RunJournal(db.worker)];
  ({ scope } = await aTenant(address));
}, 60_000);
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

const SHORT = 0.05;
const PAUSE_MS = 80;
async function aThread(ttlSeconds?: number): Promise<string> {
  const threadId = v4();
  await threads.create(scope, { threadId, metadata: {}, ifExists: 'raise', ttlSeconds });
  return threadId;
}
const due = async (leaseMs = 1) => (await ttls.claimDue({ limit: 1_000, leaseMs })).map(({ threadId }) => threadId);
const isThere = async (threadId: string) => (await threads.get(scope, threadId)) !== null;

describe('the time of a thread', () => {
  it('is counted from its last change, and can be changed', async () => {
    const threadId = await aThread(60);
    const before = await threads.get(scope, threadId);
    expect(await ttls.get(scope, threadId)).toEqual({ ttlSeconds: 60, expiresAt: expect.any(Date) });
    expect((await ttls.get(scope, threadId))?.expiresAt.getTime()).toBe((before?.updated_at.getTime() ?? 0) + 60_000);
    await threads.patch(scope, threadId, { metadata: { touched: true } });
    expect((await ttls.get(scope, threadId))?.expiresAt.getTime()).toBeGreaterThan((before?.updated_at.getTime() ?? 0) + 60_000);
    await threads.patch(scope, threadId, { metadata: {}, ttlSeconds: 120 });
    expect(await ttls.get(scope, threadId)).toMatchObject({ ttlSeconds: 120 });
  });

  it('is none for a thread that has none', async () => {
    expect(await ttls.get(scope, await aThread())).toBeNull();
  });
});

describe('a thread whose time is over', () => {
  it('is found, and deleted', async () => {
    const [short, long] = [await aThread(SHORT), await aThread(3_600)];
    await sleep(PAUSE_MS);
    const found = await due();
    expect([found.includes(short), found.includes(long)]).toEqual([true, false]);
    expect([await ttls.deleteExpired(scope, short), await ttls.deleteExpired(scope, long)]).toEqual([true, false]);
    expect([await isThere(short), await isThere(long)]).toEqual([false, true]);
    expect(await ttls.deleteExpired(scope, short)).toBe(false);
  });

  it('is not given out again within the lease', async () => {
    const threadId = await aThread(SHORT);
    await sleep(PAUSE_MS);
    expect([(await due(60_000)).includes(threadId), (await due(60_000)).includes(threadId)]).toEqual([true, false]);
  });

  it('stays when something has happened to it since it was found', async () => {
    const threadId = await aThread(SHORT);
    await sleep(PAUSE_MS);
    expect(await due()).toContain(threadId);
    await threads.patch(scope, threadId, { metadata: {}, ttlSeconds: 60 });
    expect([await ttls.isExpired(scope, threadId), await ttls.deleteExpired(scope, threadId)]).toEqual([false, false]);
    await sleep(PAUSE_MS);
    // It is due when its new time is over, and not before.
    expect(await due()).not.toContain(threadId);
  });

  it.each<[string, unknown]>([
    ['a run', undefined],
    ['a wait', { kind: 'wait', until: 'elapsed', seconds: 3_600 }],
    ['a question to people', { kind: 'approval', action: 'pay', args: 1 }],
  ])('stays while it has %s', async (_, value) => {
    const threadId = await aThread(SHORT);
    const input = aRun({ threadId, ifNotExists: 'reject' });
    await runs.createRun(scope, input);
    const ref = { tenantId: scope.tenantId, threadId, runId: input.runId };
    if (value !== undefined) {
      await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w', buildId: 'build' });
      const interrupts = { task: [{ id: v7(), value }] };
      const checkpoint = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: interrupts.task }] });
      await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [checkpoint], end: { status: 'interrupted', steps: 1, interrupts } }));
    }
    await sleep(PAUSE_MS);
    expect(await due()).toContain(threadId);
    expect(await ttls.isExpired(scope, threadId)).toBe(false);
    await sleep(PAUSE_MS);
    expect(await due()).not.toContain(threadId);
    expect(await ttls.deleteExpired(scope, threadId)).toBe(false);
  });
});
