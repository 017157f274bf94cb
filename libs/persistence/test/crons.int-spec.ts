import { v4, v7 } from 'uuid';
import { CronFiringsRepository, CronsRepository, MAX_CRONS, RunsRepository, type CronFiring, type NewCron, type TenantScope } from '../src/index';
import { aRun, aTenant, Fixture, ScratchDatabase, type Role } from './support';

// Of its own: what is due is given to whoever asks, and a gateway may run beside the tests.
let scratch: ScratchDatabase;
let db: Fixture;
let crons: CronsRepository;
let firings: CronFiringsRepository;
let schedule: CronFiringsRepository;
let runs: RunsRepository;
let scope: TenantScope;
const address = (role: Role): string => scratch.url(role);

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
  db = new Fixture(address);
  [crons, firings, runs] = [new CronsRepository(db.gateway), new CronFiringsRepository(db.gateway), new RunsRepository(db.gateway)];
  schedule = new CronFiringsRepository(db.worker);
  ({ scope } = await aTenant(address));
}, 60_000);
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

const aCron = (over: Partial<NewCron> = {}): NewCron => ({
  cron_id: v7(), assistant_id: v4(), thread_id: null, schedule: '@daily', timezone: null, end_time: null, enabled: true, overlap: 'allow',
  on_run_completed: 'delete', payload: { input: 1 }, metadata: {}, user_id: 'tester', roles: ['admin'], ...over,
});
async function made(over: Partial<NewCron> = {}) {
  const row = await crons.create(scope, aCron(over));
  if (row === null) throw new Error('not made');
  return row;
}
/** One claim of those behind, as far as it is this cron. */
async function claim(cronId: string) {
  const behind = await crons.claimUnsynced({ limit: 1_000, leaseMs: 60_000 });
  return behind.find(({ cron_id }) => cron_id === cronId) ?? null;
}
const at = (n: number): Date => new Date(Date.UTC(2026, 0, n));
const claimOf = async (cronId: string, leaseMs = 60_000) => (await firings.claim({ limit: 1_000, leaseMs })).filter((firing) => firing.cronId === cronId);

describe('a cron', () => {
  it('has a schedule that is behind until it is brought up to date, by one at a time', async () => {
    const { cron_id: id } = await made({ metadata: { a: 1 } });
    const claims = await Promise.all(Array.from({ length: 4 }, () => claim(id)));
    const [claimed] = claims.filter((row) => row !== null);
    expect(claims.filter((row) => row !== null)).toHaveLength(1);
    expect(await crons.update(scope, id, { change: { enabled: false }, revision: 1 })).toMatchObject({ enabled: false, revision: 2, metadata: { a: 1 } });
    expect(await crons.update(scope, id, { change: { enabled: true }, revision: 1 })).toBeNull();
    if (claimed === undefined) throw new Error('not claimed');
    await crons.synced(scope, claimed, at(1));
    expect(await claim(id)).toMatchObject({ revision: 2, synced_revision: 1, next_run_at: at(1) });
  });

  it('belongs to whoever makes, changes or deletes it, for a while', async () => {
    const row = await crons.create(scope, aCron(), 60_000);
    if (row === null) throw new Error('not made');
    expect(await claim(row.cron_id)).toBeNull();
    expect(await crons.update(scope, row.cron_id, { change: { enabled: false } })).toMatchObject({ revision: 2 });
    expect(await claim(row.cron_id)).toMatchObject({ revision: 2 });
    await crons.update(scope, row.cron_id, { change: { enabled: true }, leaseMs: 1 });
    await crons.delete(scope, row.cron_id, 60_000);
    await new Promise((done) => setTimeout(done, 20));
    expect(await claim(row.cron_id)).toBeNull();
  });

  it('that is changed is claimed at once, whoever was about it; what an older revision may be written over stays behind', async () => {
    const { cron_id: id } = await made();
    const older = await claim(id);
    await crons.update(scope, id, { change: { schedule: '@weekly' } });
    const newer = await claim(id);
    expect([older, newer]).toMatchObject([{ revision: 1 }, { revision: 2 }]);
    if (older === null || newer === null) throw new Error('not claimed');
    expect([await crons.synced(scope, older, at(1)), await crons.synced(scope, newer, at(2))]).toEqual([true, true]);
    const again = await claim(id);
    expect(again).toMatchObject({ revision: 2, synced_revision: 1 });
    if (again !== null) await crons.synced(scope, again, at(2));
    expect(await claim(id)).toBeNull();
  });

  it('that is refused is off, says why and is tried no more, unless it was changed meanwhile', async () => {
    const { cron_id: id } = await made();
    const bad = await claim(id);
    if (bad === null) throw new Error('not claimed');
    await crons.update(scope, id, { change: { schedule: '@weekly' } });
    expect(await crons.refuse(scope, bad, 'cannot be read')).toBe(false);
    const worse = await claim(id);
    if (worse === null) throw new Error('not claimed');
    expect(await crons.refuse(scope, worse, 'cannot be read')).toBe(true);
    expect(await crons.get(scope, id)).toMatchObject({ enabled: false, problem: 'cannot be read', next_run_at: null });
    expect(await claim(id)).toBeNull();
  });

  it('that is deleted is shown no more and stays until its schedule has gone', async () => {
    const { cron_id: id } = await made();
    expect(await crons.delete(scope, id)).toMatchObject({ deleted: true, revision: 2 });
    expect([await crons.get(scope, id), await crons.delete(scope, id), await crons.update(scope, id, { change: { enabled: true } })]).toEqual([null, null, null]);
    const [behind] = (await crons.claimUnsynced({ limit: 1_000, leaseMs: 60_000 })).filter((row) => row.cron_id === id);
    expect(behind).toMatchObject({ deleted: true });
    if (behind !== undefined) await crons.synced(scope, behind, null);
    // What a slower one made meanwhile is nobody's.
    if (behind !== undefined) expect(await crons.synced(scope, { ...behind, deleted: false }, at(1))).toBe(false);
    expect(await claim(id)).toBeNull();
    expect((await crons.claimUnsynced({ limit: 1_000, leaseMs: 1 })).some((row) => row.cron_id === id)).toBe(false);
  });

  it('is found by its filters', async () => {
    const threadId = v4();
    const marker = v4();
    const [first, second] = [await made({ metadata: { marker } }), await made({ thread_id: threadId, enabled: false, metadata: { marker } })];
    const idsOf = async (search: object) => (await crons.search(scope, { sortOrder: 'asc', ...search })).map(({ cron_id }) => cron_id);
    expect(await idsOf({ metadata: { marker } })).toEqual([first.cron_id, second.cron_id]);
    expect(await idsOf({ threadId })).toEqual([second.cron_id]);
    expect(await idsOf({ metadata: { marker }, enabled: true, assistantId: first.assistant_id })).toEqual([first.cron_id]);
    expect(await crons.count(scope, { metadata: { marker } })).toBe(2);
  });

  it('is one of at most so many', async () => {
    const { scope: full } = await aTenant(address);
    for (let n = 0; n < MAX_CRONS; n += 100) await Promise.all(Array.from({ length: 100 }, () => crons.create(full, aCron())));
    expect(await crons.create(full, aCron())).toBeNull();
    expect(await crons.count(full, {})).toBe(MAX_CRONS);
  }, 60_000);
});

describe('a moment of a cron', () => {
  it('is left once, whoever leaves it again, and given out until it is done', async () => {
    const { cron_id: cronId } = await made();
    await Promise.all(Array.from({ length: 5 }, () => schedule.record(scope, { cronId, scheduledAt: at(1) })));
    const [moment] = await claimOf(cronId, 1);
    expect(moment).toEqual({ tenantId: scope.tenantId, cronId, scheduledAt: at(1), lease: expect.any(String) });
    await new Promise((done) => setTimeout(done, 20));
    expect(await claimOf(cronId)).toHaveLength(1);
    expect(await claimOf(cronId)).toEqual([]);
    if (moment !== undefined) await firings.finish(scope, moment, 'run', v7());
    await schedule.record(scope, { cronId, scheduledAt: at(1) });
    expect(await claimOf(cronId)).toEqual([]);
  });

  it('of a cron that is gone is not kept', async () => {
    const { cron_id: cronId } = await made();
    await crons.delete(scope, cronId);
    await schedule.record(scope, { cronId, scheduledAt: at(1) });
    expect(await claimOf(cronId)).toEqual([]);
  });

  it('is active as long as its run', async () => {
    const { cron_id: cronId } = await made();
    const input = aRun();
    await runs.createRun(scope, input);
    await schedule.record(scope, { cronId, scheduledAt: at(1) });
    const [moment, next] = [1, 2].map((n) => ({ tenantId: scope.tenantId, cronId, scheduledAt: at(n) })) as [CronFiring, CronFiring];
    expect(await firings.finish(scope, moment, 'run', input.runId)).toBe(true);
    expect(await firings.activeRun(scope, next, 'cron')).toBe(input.runId);
    // Whoever looks at it again, because its lease was over, neither stands in its own way nor takes the run from it.
    expect(await firings.activeRun(scope, moment, 'cron')).toBeNull();
    expect(await firings.finish(scope, moment, 'skipped', null)).toBe(false);
    expect(await firings.activeRun(scope, next, 'cron')).toBe(input.runId);
    await runs.cancelPending(scope, { threadId: input.threadId, runId: input.runId, reason: 'test' });
    expect(await firings.activeRun(scope, next, 'cron')).toBeNull();
  });

  it('is dealt with by whoever has the others of its cron, whoever else looks at the same time', async () => {
    const { cron_id: cronId } = await made({ overlap: 'skip' });
    await Promise.all([1, 2, 3, 4].map((n) => schedule.record(scope, { cronId, scheduledAt: at(n) })));
    const claims = (await Promise.all(Array.from({ length: 8 }, async () => (await firings.claim({ limit: 2, leaseMs: 60_000 })).filter((one) => one.cronId === cronId)))).filter(({ length }) => length > 0);
    expect(claims).toHaveLength(1);
    await schedule.record(scope, { cronId, scheduledAt: at(5) });
    expect(await claimOf(cronId)).toEqual([]);
    const [[first] = []] = claims;
    if (first === undefined) throw new Error('not claimed');
    await firings.release(scope, { ...first, lease: '2020-01-01 00:00:00+00' });
    expect(await claimOf(cronId)).toEqual([]);
    await firings.release(scope, first);
    expect((await claimOf(cronId)).length).toBeGreaterThanOrEqual(3);
  });

  it('is active with a run that nobody has written down yet', async () => {
    const { cron_id: cronId } = await made({ overlap: 'skip' });
    await Promise.all([1, 2].map((n) => schedule.record(scope, { cronId, scheduledAt: at(n) })));
    const input = aRun({ idempotency: { principalId: 'tester', route: 'cron', key: `${cronId}/${at(1).toISOString()}` }, requestHash: 'h' });
    await runs.createRun(scope, input);
    expect(await firings.activeRun(scope, { tenantId: scope.tenantId, cronId, scheduledAt: at(2) }, 'cron')).toBe(input.runId);
    expect(await firings.activeRun(scope, { tenantId: scope.tenantId, cronId, scheduledAt: at(1) }, 'cron')).toBeNull();
  });
});
