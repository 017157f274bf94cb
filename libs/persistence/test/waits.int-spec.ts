import { v4, v7 } from 'uuid';
import { RunJournal, RunsRepository, ThreadsRepository, WaitsRepository, type RunRef, type TenantScope, type WakeResult } from '../src/index';
import { aCheckpoint, aCommit, aRun, asOwner, aTenant, Fixture, ScratchDatabase, type Role } from './support';

// Of its own: what is due is given to whoever asks, and a gateway may run beside the tests.
let scratch: ScratchDatabase;
let db: Fixture;
let journal: RunJournal;
let runs: RunsRepository;
let threads: ThreadsRepository;
let waits: WaitsRepository;
let scope: TenantScope;
const address = (role: Role): string => scratch.url(role);

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
  db = new Fixture(address);
  [journal, runs] = [new RunJournal(db.worker), new RunsRepository(db.gateway)];
  [threads, waits] = [new ThreadsRepository(db.gateway), new WaitsRepository(db.gateway)];
  ({ scope } = await aTenant(address));
}, 60_000);
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

const PAST = '2020-01-01T00:00:00Z';
const due = { kind: 'wait', until: 'date', date: PAST };
const later = { kind: 'wait', until: 'elapsed', seconds: 3_600 };
const paid = (key: string, over: Record<string, unknown> = {}) => ({ kind: 'wait', until: 'event', type: 'paid', key, ...over });

async function begin(over: Parameters<typeof aRun>[0] = {}): Promise<RunRef> {
  const input = aRun({ kwargs: { input: 1, config: { configurable: { model: 'm' } } }, ...over });
  await runs.createRun(scope, input);
  return start({ tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId });
}

async function start(ref: RunRef): Promise<RunRef> {
  await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w', buildId: 'build' });
  return ref;
}

/** Ends the run with what its nodes wait for, by interrupt id. */
async function wait(ref: RunRef, questions: Record<string, unknown>): Promise<RunRef> {
  const interrupts = { task: Object.entries(questions).map(([id, value]) => ({ id, value })) };
  const checkpoint = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: interrupts.task }] });
  await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [checkpoint], end: { status: 'interrupted', steps: 1, interrupts } }));
  return ref;
}

const finish = (ref: RunRef) => journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(1)], end: { status: 'success', steps: 1 } }));
const wake = (threadId: string): Promise<WakeResult> => waits.wake(scope, { threadId, resumeRunId: v7() });
const of = async (threadId: string) => (await waits.list(scope, { threadId })).reverse();
const post = (key: string, over: { eventId?: string; requestHash?: string; payload?: unknown } = {}) =>
  waits.post(scope, { eventId: v7(), type: 'paid', key, payload: { amount: 1 }, requestHash: 'h', postedBy: 'tester', ...over });
const resumeOf = (result: WakeResult): unknown => (result.kind === 'woken' ? (result.run.kwargs['command'] as { resume: unknown }).resume : result.kind);

describe('a wait for time', () => {
  it('is a row of the commit that ends the run; over, it makes one run that goes on as the one that waited', async () => {
    const { threadId, runId } = await wait(await begin({ metadata: { of: 'mine' } }), { i: due });
    expect(await of(threadId)).toMatchObject([{ status: 'pending', run_id: runId, interrupt_id: 'i', wake_at: new Date(PAST) }]);
    const results = await Promise.all(Array.from({ length: 5 }, () => wake(threadId)));
    expect(results.map(({ kind }) => kind).sort()).toEqual(['busy', 'busy', 'busy', 'busy', 'woken']);
    const [over] = await of(threadId);
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
    const { threadId } = await wait(await begin(), { i: dateOf('2030-01-01T00:00:00.123456789-23:59'), j: dateOf('0000-01-01T00:00:00Z'), k: dateOf('9999-12-31T23:59:59-00:01') });
    expect((await of(threadId)).map((row) => [row.interrupt_id, row.wake_at])).toEqual([['i', new Date('2030-01-01T23:59:00.123Z')]]);
  });

  it('is claimed once, again after its lease, and not before its time', async () => {
    const [now, then] = [await wait(await begin(), { i: due }), await wait(await begin(), { i: later })];
    const claim = async (leaseMs: number) => (await waits.claimDue({ limit: 1_000, leaseMs })).due.filter(({ threadId }) => [now.threadId, then.threadId].includes(threadId));
    expect(await claim(1)).toEqual([{ tenantId: scope.tenantId, threadId: now.threadId }]);
    await new Promise((done) => setTimeout(done, 20));
    expect(await claim(60_000)).toHaveLength(1);
    expect(await claim(60_000)).toEqual([]);
    expect(await wake(then.threadId)).toEqual({ kind: 'none' });
  });

  it('lets another run of the thread end first, and is free when it has', async () => {
    const { threadId } = await wait(await begin(), { i: due });
    const other = await begin({ threadId, ifNotExists: 'reject' });
    expect(await wake(threadId)).toEqual({ kind: 'busy' });
    await waits.claimDue({ limit: 1_000, leaseMs: 60_000 });
    await wait(other, { i: due });
    expect((await waits.claimDue({ limit: 1_000, leaseMs: 60_000 })).due).toContainEqual({ tenantId: scope.tenantId, threadId });
    expect((await wake(threadId)).kind).toBe('woken');
  });

  it('does not let a delayed run go first that is not due yet', async () => {
    const { threadId } = await wait(await begin(), { i: due });
    await runs.createRun(scope, aRun({ threadId, ifNotExists: 'reject', afterSeconds: 3_600 }));
    expect((await wake(threadId)).kind).toBe('woken');
  });

  it('keeps its row and its time when it is asked again, and goes when the thread goes on without it', async () => {
    const { threadId } = await wait(await begin(), { i: later });
    const [before] = await of(threadId);
    await wait(await begin({ threadId, ifNotExists: 'reject' }), { i: later, j: due });
    expect((await of(threadId)).map((row) => [row.interrupt_id, row.status, row.wait_id === before?.wait_id])).toEqual([['i', 'pending', true], ['j', 'pending', false]]);
    await finish(await begin({ threadId, ifNotExists: 'reject' }));
    expect((await of(threadId)).map(({ status }) => status)).toEqual(['superseded', 'superseded']);
    expect(await wake(threadId)).toEqual({ kind: 'none' });
  });

  it('ends beside one that goes on waiting, and beside a question to people, which no client may answer', async () => {
    const { threadId } = await wait(await begin(), { i: due, j: later, k: { kind: 'approval', action: 'pay', args: 1 } });
    const woken = await wake(threadId);
    expect(Object.keys(resumeOf(woken) as object)).toEqual(['i']);
    if (woken.kind !== 'woken') throw new Error('not woken');
    await wait(await start({ tenantId: scope.tenantId, threadId, runId: woken.run.run_id }), { j: later, k: { kind: 'approval', action: 'pay', args: 1 } });
    expect((await of(threadId)).map((row) => [row.interrupt_id, row.status])).toEqual([['i', 'over'], ['j', 'pending']]);
    expect(await runs.createRun(scope, aRun({ threadId, ifNotExists: 'reject', kwargs: { command: { resume: 1 } } }))).toMatchObject({ reason: 'approval-required' });
  });

  it('of a stateless run keeps the thread until the run that goes on', async () => {
    const { threadId, runId } = await wait(await begin({ deleteThread: true }), { i: due });
    expect(await runs.get(scope, { runId })).toMatchObject({ delete_thread: false });
    expect(await wake(threadId)).toMatchObject({ run: { delete_thread: true } });
  });

  it('of a copy ends by itself; it is given up when the run that asked is gone', async () => {
    const source = await wait(await begin(), { i: due });
    const [first, second] = [v4(), v4()];
    for (const newThreadId of [first, second]) await threads.copy(scope, { threadId: source.threadId, newThreadId });
    expect((await wake(first)).kind).toBe('woken');
    await threads.delete(scope, source.threadId);
    expect(await of(source.threadId)).toEqual([]);
    expect(await wake(second)).toEqual({ kind: 'orphaned' });
    expect(await of(second)).toMatchObject([{ status: 'superseded', outcome: 'the run that asked is gone' }]);
  });
});

describe('a wait for an event', () => {
  it('ends with the event of its type and key, or at its time-out', async () => {
    const key = v4();
    const { threadId } = await wait(await begin(), { i: paid(key), any: paid('', { key: undefined }), other: paid('other', { timeoutSeconds: 1 }) });
    const { event } = await post(key);
    expect(event.woken).toBe(2);
    await new Promise((done) => setTimeout(done, 1_100));
    const answer = { outcome: 'event', event: { id: event.event_id, type: 'paid', key, payload: { amount: 1 } } };
    expect(resumeOf(await wake(threadId))).toMatchObject({ i: answer, any: answer, other: { outcome: 'timeout' } });
  });

  it('is not posted twice, nor under the id of another', async () => {
    const [eventId, key] = [v7(), v4()];
    const { event } = await post(key, { eventId });
    expect(await post(key, { eventId })).toEqual({ kind: 'known', event });
    expect(await post(key, { eventId, requestHash: 'other' })).toMatchObject({ kind: 'mismatch' });
  });

  it('takes one that came shortly before, once; not one that came too early', async () => {
    const key = v4();
    await post(key);
    await new Promise((done) => setTimeout(done, 20));
    const early = await wait(await begin(), { i: paid(key, { lookbackSeconds: 0 }) });
    expect((await of(early.threadId))[0]?.event).toBeNull();
    const { threadId } = await wait(await begin(), { i: paid(key) });
    const woken = await wake(threadId);
    if (woken.kind !== 'woken') throw new Error('not woken');
    await wait(await start({ tenantId: scope.tenantId, threadId, runId: woken.run.run_id }), { second: paid(key) });
    expect((await of(threadId)).map(({ interrupt_id, status, event_id }) => [interrupt_id, status, event_id !== null])).toEqual([['i', 'over', true], ['second', 'pending', false]]);
  });

  it('misses none of the events that are posted while it begins', async () => {
    for (let round = 0; round < 20; round += 1) {
      const key = v4();
      const ref = await begin();
      const [{ event }] = await Promise.all([post(key), wait(ref, { i: paid(key) })]);
      expect((await of(ref.threadId))[0]?.event_id).toBe(event.event_id);
    }
  });
});

describe('a wait whose run is cancelled', () => {
  const rewound = (threadId: string) => asOwner(async (owner) => {
    await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]);
    await owner.query(`UPDATE executions.waits SET wake_at = now() WHERE thread_id = $1 AND status = 'pending'`, [threadId]);
  }, address);
  async function woken(threadId: string): Promise<RunRef> {
    const result = await wake(threadId);
    if (result.kind !== 'woken') throw new Error(`not woken: ${result.kind}`);
    return { tenantId: scope.tenantId, threadId, runId: result.run.run_id };
  }

  it.each([false, true])('before it begins, waits again a minute later, with the event that it had (rollback %s)', async (rollback) => {
    const key = v4();
    const { threadId } = await wait(await begin(), { i: paid(key) });
    const { event } = await post(key);
    const ref = await woken(threadId);
    expect((await runs.cancelPending(scope, { ...ref, reason: 'no', rollback })).kind).toBe('cancelled');
    const [again] = await of(threadId);
    expect(again).toMatchObject({ status: 'pending', event_id: event.event_id, outcome: null, resume_run_id: null, ended_at: null });
    expect(again!.wake_at!.getTime()).toBeGreaterThan(Date.now() + 50_000);
    expect(await wake(threadId)).toEqual({ kind: 'none' });
    await rewound(threadId);
    expect(resumeOf(await wake(threadId))).toMatchObject({ i: { outcome: 'event', event: { id: event.event_id } } });
  });

  it('while it runs and the question still stands, waits again', async () => {
    const { threadId } = await wait(await begin(), { i: due });
    const ref = await start(await woken(threadId));
    const head = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: [{ id: 'i', value: due }] }] });
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [head], end: { status: 'cancelled', steps: 0, reason: 'no' } }));
    expect((await of(threadId)).map(({ status }) => status)).toEqual(['pending']);
  });

  it('stays over when its node has finished, its run failed, or its thread went on', async () => {
    const finished = await wait(await begin(), { i: due, j: later });
    const tasks = [{ id: 'a', name: 'ask', interrupts: [{ id: 'i', value: due }], result: { done: 1 } }, { id: 'b', name: 'ask', interrupts: [{ id: 'j', value: later }] }];
    await journal.commitProgress(scope, aCommit(await start(await woken(finished.threadId)), 1, {
      checkpoints: [aCheckpoint(1, { next: ['ask'], tasks })], end: { status: 'cancelled', steps: 0, reason: 'no' },
    }));
    expect((await of(finished.threadId)).map(({ status }) => status)).toEqual(['over', 'pending']);

    const failed = await wait(await begin(), { i: due });
    await journal.commitProgress(scope, aCommit(await start(await woken(failed.threadId)), 1, { end: { status: 'error', steps: 0 } }));
    expect((await of(failed.threadId)).map(({ status }) => status)).toEqual(['over']);

    const gone = await wait(await begin(), { i: due });
    await finish(await start(await woken(gone.threadId)));
    expect((await of(gone.threadId)).map(({ status }) => status)).toEqual(['over']);
  });

  it('of a stateless run ends with it', async () => {
    const { threadId } = await wait(await begin({ deleteThread: true }), { i: due });
    await runs.cancelPending(scope, { ...(await woken(threadId)), reason: 'no' });
    expect((await of(threadId)).map(({ status }) => status)).toEqual(['over']);
  });
});

describe('an event that many wait for', () => {
  const many = 1_300;
  /** Waits of one thread, as if so many threads waited. */
  async function waitsFor(key: string): Promise<string> {
    const { threadId } = await wait(await begin(), { i: paid(key, { lookbackSeconds: 0 }) });
    await asOwner(async (owner) => {
      await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]);
      await owner.query(
        `INSERT INTO executions.waits (tenant_id, wait_id, thread_id, run_id, interrupt_id, question_hash, event_type, event_key)
         SELECT w.tenant_id, uuidv7(), w.thread_id, w.run_id, 'i' || n, 'h', w.event_type, w.event_key
         FROM executions.waits w, generate_series(2, $2) AS n WHERE w.thread_id = $1`,
        [threadId, many],
      );
    }, address);
    return threadId;
  }
  const wokenOf = async (threadId: string) =>
    asOwner(async (owner) => {
      await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]);
      return Number((await owner.query('SELECT count(*) FROM executions.waits WHERE thread_id = $1 AND event_id IS NOT NULL', [threadId])).rows[0].count);
    }, address);

  it('wakes them in batches, all of them', async () => {
    const key = v4();
    const threadId = await waitsFor(key);
    expect((await post(key)).event).toMatchObject({ woken: many, waking: false });
    expect(await wokenOf(threadId)).toBe(many);
  });

  it('wakes the rest when its poster died after the first batch, but none that began later', async () => {
    const key = v4();
    const threadId = await waitsFor(key);
    await asOwner(async (owner) => {
      await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]);
      const draft = { id: v7(), type: 'paid', key, payload: 1, hash: 'h', posted_by: 'tester', kept_seconds: 60 };
      await owner.query('SELECT executions.post_event($1, $2)', [scope.tenantId, JSON.stringify(draft)]);
    }, address);
    expect(await wokenOf(threadId)).toBe(500);
    const late = await wait(await begin(), { i: paid(key, { lookbackSeconds: 0 }) });
    expect(await waits.wakeRest({ afterMs: 60_000 })).toBe(false);
    while (await waits.wakeRest({ afterMs: 0 })) continue;
    expect(await wokenOf(threadId)).toBe(many);
    expect(await wokenOf(late.threadId)).toBe(0);
  });
});

describe('a copy of a thread that waits', () => {
  it('gets the event that is being posted meanwhile', async () => {
    const key = v4();
    const source = await wait(await begin(), { i: paid(key) });
    const newThreadId = v4();
    await asOwner(async (owner) => {
      await owner.query('BEGIN');
      await owner.query(`SELECT set_config('app.tenant_id', $1, true)`, [scope.tenantId]);
      const draft = { id: v7(), type: 'paid', key, payload: 1, hash: 'h', posted_by: 'tester', kept_seconds: 60 };
      await owner.query('SELECT executions.post_event($1, $2)', [scope.tenantId, JSON.stringify(draft)]);
      const copied = threads.copy(scope, { threadId: source.threadId, newThreadId });
      await new Promise((done) => setTimeout(done, 300));
      await owner.query('COMMIT');
      await copied;
    }, address);
    expect((await of(newThreadId)).map(({ event_id }) => event_id !== null)).toEqual([true]);
  });
});

describe('old events', () => {
  it('are deleted when their time is over, at most so many', async () => {
    const [kept, old] = [await post(v4()), await post(v4(), { eventId: 'old' })];
    await asOwner(async (owner) => {
      await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [scope.tenantId]);
      await owner.query(`UPDATE executions.posted_events SET expires_at = now() WHERE tenant_id = $1 AND event_id = 'old'`, [scope.tenantId]);
    }, address);
    expect(await waits.deleteExpired(1_000)).toBeGreaterThan(0);
    expect((await post(String(old.event.key), { eventId: 'old' })).kind).toBe('posted');
    expect((await post(String(kept.event.key), { eventId: kept.event.event_id })).kind).toBe('known');
  });
});

describe('the events of a tenant', () => {
  it('have room for so many, and for the repeat of one of them', async () => {
    const { scope: own } = await aTenant(address);
    const keep = (eventId: string) => waits.post(own, { eventId, type: 'paid', key: null, payload: null, requestHash: 'h', postedBy: 'tester' });
    await keep('first');
    expect(await waits.fullFor(own, { eventId: 'other', most: 2 })).toBeNull();
    await keep('second');
    const fullMs = await waits.fullFor(own, { eventId: 'other', most: 2 });
    expect(fullMs).toBeGreaterThan(23 * 3_600_000);
    expect(fullMs).toBeLessThanOrEqual(24 * 3_600_000);
    expect(await waits.fullFor(own, { eventId: 'second', most: 2 })).toBeNull();
    expect(await waits.fullFor((await aTenant(address)).scope, { eventId: 'other', most: 2 })).toBeNull();
  });
});
