import type pg from 'pg';
import { v4, v7 } from 'uuid';
import { paid, resumeOf, WaitsFixture } from './waits-fixture';

let on: WaitsFixture;

beforeAll(async () => {
  on = await WaitsFixture.create();
}, 60_000);
afterAll(() => on.close());

/** What posting an event does first; its poster dies then, or has not committed yet. */
async function postOnly(owner: pg.Client, key: string): Promise<void> {
  const draft = { id: v7(), type: 'paid', key, payload: 1, hash: 'h', posted_by: 'tester', kept_seconds: 60 };
  await owner.query('SELECT executions.post_event($1, $2)', [on.scope.tenantId, JSON.stringify(draft)]);
}

describe('a wait for an event', () => {
  it('ends with the event of its type and key, or at its time-out', async () => {
    const key = v4();
    const { threadId } = await on.wait(await on.begun(), { i: paid(key), any: paid('', { key: undefined }), other: paid('other', { timeoutSeconds: 1 }) });
    const { event } = await on.post(key);
    expect(event.woken).toBe(2);
    await new Promise((done) => setTimeout(done, 1_100));
    const answer = { outcome: 'event', event: { id: event.event_id, type: 'paid', key, payload: { amount: 1 } } };
    expect(resumeOf(await on.wake(threadId))).toMatchObject({ i: answer, any: answer, other: { outcome: 'timeout' } });
  });

  it('is not posted twice, nor under the id of another', async () => {
    const [eventId, key] = [v7(), v4()];
    const { event } = await on.post(key, { eventId });
    expect(await on.post(key, { eventId })).toEqual({ kind: 'known', event });
    expect(await on.post(key, { eventId, requestHash: 'other' })).toMatchObject({ kind: 'mismatch' });
  });

  it('takes one that came shortly before, once; not one that came too early', async () => {
    const key = v4();
    await on.post(key);
    await new Promise((done) => setTimeout(done, 20));
    const early = await on.wait(await on.begun(), { i: paid(key, { lookbackSeconds: 0 }) });
    expect((await on.of(early.threadId))[0]?.event).toBeNull();
    const { threadId } = await on.wait(await on.begun(), { i: paid(key) });
    const woken = await on.wake(threadId);
    if (woken.kind !== 'woken') throw new Error('not woken');
    await on.wait(await on.start({ tenantId: on.scope.tenantId, threadId, runId: woken.run.run_id }), { second: paid(key) });
    expect((await on.of(threadId)).map(({ interrupt_id, status, event_id }) => [interrupt_id, status, event_id !== null])).toEqual([['i', 'over', true], ['second', 'pending', false]]);
  });

  it('misses none of the events that are posted while it begins', async () => {
    for (let round = 0; round < 20; round += 1) {
      const key = v4();
      const ref = await on.begun();
      const [{ event }] = await Promise.all([on.post(key), on.wait(ref, { i: paid(key) })]);
      expect((await on.of(ref.threadId))[0]?.event_id).toBe(event.event_id);
    }
  });
});

describe('an event that many wait for', () => {
  const many = 1_300;
  /** Waits of one thread, as if so many threads waited. */
  async function waitsFor(key: string): Promise<string> {
    const { threadId } = await on.wait(await on.begun(), { i: paid(key, { lookbackSeconds: 0 }) });
    await on.asOwner(async (owner) => {
      await owner.query(
        `INSERT INTO executions.waits (tenant_id, wait_id, thread_id, run_id, interrupt_id, question_hash, event_type, event_key)
         SELECT w.tenant_id, uuidv7(), w.thread_id, w.run_id, 'i' || n, 'h', w.event_type, w.event_key
         FROM executions.waits w, generate_series(2, $2) AS n WHERE w.thread_id = $1`,
        [threadId, many],
      );
    });
    return threadId;
  }
  const wokenOf = (threadId: string) =>
    on.asOwner(async (owner) =>
      Number((await owner.query('SELECT count(*) FROM executions.waits WHERE thread_id = $1 AND event_id IS NOT NULL', [threadId])).rows[0].count),
    );

  it('wakes them in batches, all of them', async () => {
    const key = v4();
    const threadId = await waitsFor(key);
    expect((await on.post(key)).event).toMatchObject({ woken: many, waking: false });
    expect(await wokenOf(threadId)).toBe(many);
  });

  it('wakes the rest when its poster died after the first batch, but none that began later', async () => {
    const key = v4();
    const threadId = await waitsFor(key);
    await on.asOwner((owner) => postOnly(owner, key));
    expect(await wokenOf(threadId)).toBe(500);
    const late = await on.wait(await on.begun(), { i: paid(key, { lookbackSeconds: 0 }) });
    expect(await on.waits.wakeRest({ afterMs: 60_000 })).toBe(false);
    while (await on.waits.wakeRest({ afterMs: 0 })) continue;
    expect(await wokenOf(threadId)).toBe(many);
    expect(await wokenOf(late.threadId)).toBe(0);
  });
});

describe('a copy of a thread that waits', () => {
  it('gets the event that is being posted meanwhile', async () => {
    const key = v4();
    const source = await on.wait(await on.begun(), { i: paid(key) });
    const newThreadId = v4();
    await on.asOwner(async (owner) => {
      await owner.query('BEGIN');
      await postOnly(owner, key);
      const copied = on.threads.copy(on.scope, { threadId: source.threadId, newThreadId });
      await new Promise((done) => setTimeout(done, 300));
      await owner.query('COMMIT');
      await copied;
    });
    expect((await on.of(newThreadId)).map(({ event_id }) => event_id !== null)).toEqual([true]);
  });
});

describe('old events', () => {
  it('are deleted when their time is over, at most so many', async () => {
    const [kept, old] = [await on.post(v4()), await on.post(v4(), { eventId: 'old' })];
    await on.asOwner((owner) =>
      owner.query(`UPDATE executions.posted_events SET expires_at = now() WHERE tenant_id = $1 AND event_id = 'old'`, [on.scope.tenantId]),
    );
    expect(await on.waits.deleteExpired(1_000)).toBeGreaterThan(0);
    expect((await on.post(String(old.event.key), { eventId: 'old' })).kind).toBe('posted');
    expect((await on.post(String(kept.event.key), { eventId: kept.event.event_id })).kind).toBe('known');
  });
});

describe('the events of a tenant', () => {
  it('have room for so many, and for the repeat of one of them', async () => {
    const own = await on.anotherTenant();
    const keep = (eventId: string) => on.waits.post(own, { eventId, type: 'paid', key: null, payload: null, requestHash: 'h', postedBy: 'tester' });
    await keep('first');
    expect(await on.waits.fullFor(own, { eventId: 'other', most: 2 })).toBeNull();
    await keep('second');
    const fullMs = await on.waits.fullFor(own, { eventId: 'other', most: 2 });
    expect(fullMs).toBeGreaterThan(23 * 3_600_000);
    expect(fullMs).toBeLessThanOrEqual(24 * 3_600_000);
    expect(await on.waits.fullFor(own, { eventId: 'second', most: 2 })).toBeNull();
    expect(await on.waits.fullFor(await on.anotherTenant(), { eventId: 'other', most: 2 })).toBeNull();
  });
});
