import { v4 } from 'uuid';
import { aCheckpoint, aCommit, aRun } from './support';
import { due, later, paid, resumeOf, WaitsFixture } from './waits-fixture';

let on: WaitsFixture;

beforeAll(async () => {
  on = await WaitsFixture.create();
}, 60_000);
afterAll(() => on.close());

describe('a wait for time', () => {
  it('is a row of the commit that ends the run; over, it makes one run that goes on as the one that waited', async () => {
    const { threadId, runId } = await on.wait(await on.begun({ metadata: { of: 'mine' } }), { i: due });
    expect(await on.of(threadId)).toMatchObject([{ status: 'pending', run_id: runId, interrupt_id: 'i', wake_at: new Date(due.date) }]);
    const results = await Promise.all(Array.from({ length: 5 }, () => on.wake(threadId)));
    expect(results.map(({ kind }) => kind).sort()).toEqual(['busy', 'busy', 'busy', 'busy', 'woken']);
    const [over] = await on.of(threadId);
    const woken = results.find((result) => result.kind === 'woken');
    expect(woken).toMatchObject({
      outcomes: ['elapsed'],
      run: {
        run_id: over?.resume_run_id,
        status: 'pending',
        metadata: { of: 'mine', wait_id: over?.wait_id },
        kwargs: { input: null, command: { resume: { i: { wait_id: over?.wait_id, outcome: 'elapsed' } } }, config: { configurable: { model: 'm', thread_id: threadId } } },
      },
    });
    expect(over).toMatchObject({ status: 'over', outcome: 'elapsed' });
  });

  it('may have any offset that its question may have', async () => {
    const dateOf = (date: string) => ({ kind: 'wait', until: 'date', date });
    const { threadId } = await on.wait(await on.begun(), { i: dateOf('2030-01-01T00:00:00.123456789-23:59'), j: dateOf('0000-01-01T00:00:00Z'), k: dateOf('9999-12-31T23:59:59-00:01') });
    expect((await on.of(threadId)).map((row) => [row.interrupt_id, row.wake_at])).toEqual([['i', new Date('2030-01-01T23:59:00.123Z')]]);
  });

  it('is claimed once, again after its lease, and not before its time', async () => {
    const [now, then] = [await on.wait(await on.begun(), { i: due }), await on.wait(await on.begun(), { i: later })];
    const claim = async (leaseMs: number) => (await on.waits.claimDue({ limit: 1_000, leaseMs })).due.filter(({ threadId }) => [now.threadId, then.threadId].includes(threadId));
    expect(await claim(1)).toEqual([{ tenantId: on.scope.tenantId, threadId: now.threadId }]);
    await new Promise((done) => setTimeout(done, 20));
    expect(await claim(60_000)).toHaveLength(1);
    expect(await claim(60_000)).toEqual([]);
    expect(await on.wake(then.threadId)).toEqual({ kind: 'none' });
  });

  it('lets another run of the thread end first, and is free when it has', async () => {
    const { threadId } = await on.wait(await on.begun(), { i: due });
    const other = await on.begun({ threadId, ifNotExists: 'reject' });
    expect(await on.wake(threadId)).toEqual({ kind: 'busy' });
    await on.waits.claimDue({ limit: 1_000, leaseMs: 60_000 });
    await on.wait(other, { i: due });
    expect((await on.waits.claimDue({ limit: 1_000, leaseMs: 60_000 })).due).toContainEqual({ tenantId: on.scope.tenantId, threadId });
    expect((await on.wake(threadId)).kind).toBe('woken');
  });

  it('does not let a delayed run go first that is not due yet', async () => {
    const { threadId } = await on.wait(await on.begun(), { i: due });
    await on.runs.createRun(on.scope, aRun({ threadId, ifNotExists: 'reject', afterSeconds: 3_600 }));
    expect((await on.wake(threadId)).kind).toBe('woken');
  });

  it('keeps its row and its time when it is asked again, and goes when the thread goes on without it', async () => {
    const { threadId } = await on.wait(await on.begun(), { i: later });
    const [before] = await on.of(threadId);
    await on.wait(await on.begun({ threadId, ifNotExists: 'reject' }), { i: later, j: due });
    expect((await on.of(threadId)).map((row) => [row.interrupt_id, row.status, row.wait_id === before?.wait_id])).toEqual([['i', 'pending', true], ['j', 'pending', false]]);
    await on.finish(await on.begun({ threadId, ifNotExists: 'reject' }));
    expect((await on.of(threadId)).map(({ status }) => status)).toEqual(['superseded', 'superseded']);
    expect(await on.wake(threadId)).toEqual({ kind: 'none' });
  });

  it('ends beside one that goes on waiting, and beside a question to people, which no client may answer', async () => {
    const { threadId } = await on.wait(await on.begun(), { i: due, j: later, k: { kind: 'approval', action: 'pay', args: 1 } });
    const woken = await on.wake(threadId);
    expect(Object.keys(resumeOf(woken) as object)).toEqual(['i']);
    if (woken.kind !== 'woken') throw new Error('not woken');
    await on.wait(await on.start({ tenantId: on.scope.tenantId, threadId, runId: woken.run.run_id }), { j: later, k: { kind: 'approval', action: 'pay', args: 1 } });
    expect((await on.of(threadId)).map((row) => [row.interrupt_id, row.status])).toEqual([['i', 'over'], ['j', 'pending']]);
    expect(await on.runs.createRun(on.scope, aRun({ threadId, ifNotExists: 'reject', kwargs: { command: { resume: 1 } } }))).toMatchObject({ reason: 'approval-required' });
  });

  it('of a stateless run keeps the thread until the run that goes on', async () => {
    const { threadId, runId } = await on.wait(await on.begun({ deleteThread: true }), { i: due });
    expect(await on.runs.get(on.scope, { runId })).toMatchObject({ delete_thread: false });
    expect(await on.wake(threadId)).toMatchObject({ run: { delete_thread: true } });
  });

  it('of a copy ends by itself; it is given up when the run that asked is gone', async () => {
    const source = await on.wait(await on.begun(), { i: due });
    const [first, second] = [v4(), v4()];
    for (const newThreadId of [first, second]) await on.threads.copy(on.scope, { threadId: source.threadId, newThreadId });
    expect((await on.wake(first)).kind).toBe('woken');
    await on.threads.delete(on.scope, source.threadId);
    expect(await on.of(source.threadId)).toEqual([]);
    expect(await on.wake(second)).toEqual({ kind: 'orphaned' });
    expect(await on.of(second)).toMatchObject([{ status: 'superseded', outcome: 'the run that asked is gone' }]);
  });
});

describe('a wait whose run is cancelled', () => {
  const rewound = (threadId: string) =>
    on.asOwner((owner) => owner.query(`UPDATE executions.waits SET wake_at = now() WHERE thread_id = $1 AND status = 'pending'`, [threadId]));

  it.each([false, true])('before it begins, waits again a minute later, with the event that it had (rollback %s)', async (rollback) => {
    const key = v4();
    const { threadId } = await on.wait(await on.begun(), { i: paid(key) });
    const { event } = await on.post(key);
    const ref = await on.woken(threadId);
    expect((await on.runs.cancelPending(on.scope, { ...ref, reason: 'no', rollback })).kind).toBe('cancelled');
    const [again] = await on.of(threadId);
    expect(again).toMatchObject({ status: 'pending', event_id: event.event_id, outcome: null, resume_run_id: null, ended_at: null });
    expect(again!.wake_at!.getTime()).toBeGreaterThan(Date.now() + 50_000);
    expect(await on.wake(threadId)).toEqual({ kind: 'none' });
    await rewound(threadId);
    expect(resumeOf(await on.wake(threadId))).toMatchObject({ i: { outcome: 'event', event: { id: event.event_id } } });
  });

  it('while it runs and the question still stands, waits again', async () => {
    const { threadId } = await on.wait(await on.begun(), { i: due });
    const ref = await on.start(await on.woken(threadId));
    const head = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: [{ id: 'i', value: due }] }] });
    await on.journal.commitProgress(on.scope, aCommit(ref, 1, { checkpoints: [head], end: { status: 'cancelled', steps: 0, reason: 'no' } }));
    expect((await on.of(threadId)).map(({ status }) => status)).toEqual(['pending']);
  });

  it('stays over when its node has finished, its run failed, or its thread went on', async () => {
    const finished = await on.wait(await on.begun(), { i: due, j: later });
    const tasks = [{ id: 'a', name: 'ask', interrupts: [{ id: 'i', value: due }], result: { done: 1 } }, { id: 'b', name: 'ask', interrupts: [{ id: 'j', value: later }] }];
    await on.journal.commitProgress(on.scope, aCommit(await on.start(await on.woken(finished.threadId)), 1, {
      checkpoints: [aCheckpoint(1, { next: ['ask'], tasks })], end: { status: 'cancelled', steps: 0, reason: 'no' },
    }));
    expect((await on.of(finished.threadId)).map(({ status }) => status)).toEqual(['over', 'pending']);

    const failed = await on.wait(await on.begun(), { i: due });
    await on.journal.commitProgress(on.scope, aCommit(await on.start(await on.woken(failed.threadId)), 1, { end: { status: 'error', steps: 0 } }));
    expect((await on.of(failed.threadId)).map(({ status }) => status)).toEqual(['over']);

    const gone = await on.wait(await on.begun(), { i: due });
    await on.finish(await on.start(await on.woken(gone.threadId)));
    expect((await on.of(gone.threadId)).map(({ status }) => status)).toEqual(['over']);
  });

  it('of a stateless run ends with it', async () => {
    const { threadId } = await on.wait(await on.begun({ deleteThread: true }), { i: due });
    await on.runs.cancelPending(on.scope, { ...(await on.woken(threadId)), reason: 'no' });
    expect((await on.of(threadId)).map(({ status }) => status)).toEqual(['over']);
  });
});
