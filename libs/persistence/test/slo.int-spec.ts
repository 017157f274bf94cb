import { v7 } from 'uuid';
import { createDatabase, type SloCounts, type SloDefinition, SloRepository, RunJournal, RunsRepository, type TenantScope } from '../src/index';
import { aRun, aTenant, asOwner, Fixture, type Role, ScratchDatabase, stepCompleted } from './support';

// A database of its own: rollups see every tenant.
const DEFINITION: SloDefinition = { start: [100, 1_000], first_token: [500, 5_000], step: [50, 500], outcomes: ['completed', 'interrupted', 'cancelled', 'failed_user', 'failed_infrastructure'] };
const PACE = { widthMs: 300_000, settleMs: 60_000, keptMs: 92 * 86_400_000 };
/** The bucket that the tests write into; final for long. */
const BUCKET = Math.floor(Date.now() / 300_000) * 300_000 - 3_600_000;

type Row = readonly [type: string, atMs: number, data?: object, commit?: number | null];
const created = (atMs: number, more: object = {}): Row => ['run.created.v1', atMs, { graph_id: 'g', ...more }, null];
const started = (atMs: number, attempt = 1, build = 'b1'): Row => ['run.started.v1', atMs, { attempt, build_id: build, workflow_id: 'w', workflow_run_id: `x${attempt}` }, null];
const step = (n: number, atMs: number, commit: number, more: object = {}): Row => [
  'run.step-completed.v1', atMs, { step: n, checkpoint_id: `c${n}`, parent_checkpoint_id: null, frames: [], ...more }, commit,
];
const completed = (atMs: number): Row => ['run.completed.v1', atMs, { steps: 1 }];
const failed = (atMs: number, kind: string): Row => ['run.failed.v1', atMs, { error: { code: 'X', message: 'x', kind } }];

let scratch: ScratchDatabase;
let db: Fixture;
let slo: SloRepository;
let scope: TenantScope;
let other: TenantScope;

const address = (role: Role): string => scratch.url(role);

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
  db = new Fixture(address);
  slo = new SloRepository(db.gateway);
}, 60_000);
afterAll(async () => {
  await db.close();
  await scratch.drop();
});
beforeEach(async () => {
  await asOwner((owner) => owner.query(`SELECT set_config('app.measures', 'on', false)`).then(() => owner.query('DELETE FROM executions.slo_rollups; DELETE FROM executions.slo_totals; UPDATE executions.slo_progress SET rolled_until = NULL')), address);
  ({ scope } = await aTenant(address));
  ({ scope: other } = await aTenant(address));
});

/** Journals a run; times in ms from the bucket's start. */
async function journal(rows: readonly Row[], of: { scope?: TenantScope; threadId?: string; runId?: string } = {}): Promise<{ runId: string; threadId: string }> {
  const { runId, threadId } = { runId: v7(), threadId: v7(), ...of };
  const tenant = of.scope ?? scope;
  await db.worker.withTenant(tenant, async (tx) => {
    for (const [i, [type, atMs, data = {}, commit = 1]] of rows.entries()) {
      await tx.query(
        'INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, commit, type, time, data) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)',
        [tenant.tenantId, runId, i + 1, threadId, commit, type, new Date(BUCKET + atMs), JSON.stringify(data)],
      );
    }
  });
  return { runId, threadId };
}

async function measured(of: TenantScope = scope, bucketMs = 86_400_000): Promise<Record<string, readonly number[]>> {
  const series = await slo.series(of, { from: new Date(BUCKET - 600_000), to: new Date(BUCKET + 86_400_000), bucketMs, limit: 1_000 });
  return Object.fromEntries(series.map((row) => [`${row.graphId} ${row.buildId} ${row.indicator}`, row.counts]));
}

async function rollUp(): Promise<void> {
  while ((await slo.rollUp(DEFINITION, PACE)).behind);
}

const totalsOf = async (): Promise<SloCounts[]> => slo.totals({ tenantIds: [scope.tenantId], sinceMs: 3_600_000, limit: 1_000 });

describe('what is measured', () => {
  it('start, first token, steps and outcome of a run', async () => {
    await journal([created(0), started(80), step(1, 120, 1), step(2, 420, 2, { first_token_at: new Date(BUCKET + 400).toISOString() }), completed(1_420)]);
    await rollUp();
    expect(await measured()).toEqual({
      'g b1 start': [1, 0, 0, 80],
      'g b1 first_token': [1, 0, 0, 400],
      'g b1 step': [1, 1, 0, 340],
      'g b1 run': [1, 0, 0, 0, 0],
    });
  });

  it('a value on a bound belongs to the bucket below it, one above the last bound to the last', async () => {
    for (const ms of [100, 101, 1_000, 1_001]) await journal([created(0), started(ms)]);
    await rollUp();
    expect((await measured())['g b1 start']).toEqual([1, 2, 1, 2_202]);
  });

  it('a start from when the run was due: delayed, or behind others on its thread', async () => {
    const { threadId } = await journal([created(0, { due_at: new Date(BUCKET + 2_000).toISOString() }), started(2_050), completed(9_000)]);
    await journal([created(3_000), started(9_040), completed(9_100)], { threadId });
    // Cancelled before it began: kept nobody waiting.
    await journal([created(3_100), ['run.cancelled.v1', 9_500, { reason: 'x' }, null]], { threadId });
    await journal([created(3_200), started(12_100), completed(12_200)], { threadId });
    await rollUp();
    expect((await measured())['g b1 start']).toEqual([2, 0, 1, 50 + 40 + 3_000]);
  });

  it('steps that share a commit share its time; a step that goes on is none', async () => {
    await journal([created(0), started(0), step(0, 10, 1), step(1, 90, 2), step(2, 90, 2), step(3, 90, 2), ['run.step-completed.v1', 100, { step: 4, checkpoint_id: null, frames: [] }, 3], step(4, 690, 4)]);
    await rollUp();
    expect((await measured())['g b1 step']).toEqual([3, 0, 1, 690]);
  });

  it('runs over buckets and builds: each row counts where it stands', async () => {
    await journal([created(299_000), started(299_100), step(1, 299_500, 1), step(2, 300_500, 2), started(400_000, 2, 'b2'), step(3, 400_020, 3, { first_token_at: new Date(BUCKET + 400_010).toISOString(), recovered: true }), completed(400_100)]);
    await rollUp();
    expect(await measured()).toEqual({
      'g b1 start': [1, 0, 0, 100],
      'g b1 step': [0, 1, 1, 1_400],
      'g b2 step': [1, 0, 0, 20],
      'g b2 first_token': [0, 0, 1, 101_010],
      'g b2 run': [1, 0, 0, 0, 0],
      'g b2 recovery': [1, 1],
    });
    const buckets = await slo.series(scope, { from: new Date(BUCKET), to: new Date(BUCKET + 600_000), bucketMs: 300_000, graphId: 'g', limit: 1_000 });
    expect(buckets.filter((row) => row.indicator === 'step').map((row) => [row.bucketStart.getTime() - BUCKET, row.buildId, row.counts])).toEqual([
      [0, 'b1', [0, 1, 0, 400]],
      [300_000, 'b1', [0, 0, 1, 1_000]],
      [300_000, 'b2', [1, 0, 0, 20]],
    ]);
  });

  it('the first token once per run, and no token of an answer that is older than the run', async () => {
    const token = (atMs: number): object => ({ first_token_at: new Date(BUCKET + atMs).toISOString() });
    await journal([created(0), started(10), step(1, 100, 1, token(50)), started(700, 2), step(2, 800, 2, token(790)), completed(900)]);
    await journal([created(1_000), started(1_010), step(1, 1_100, 1, token(500)), completed(1_200)]);
    await rollUp();
    expect((await measured())['g b1 first_token']).toEqual([1, 0, 0, 50]);
  });

  it('recovery: taken over before a commit, a call repeated, given up; not going on in the next execution', async () => {
    await journal([created(0), started(1), started(2, 2), step(1, 5, 1), completed(9)]);
    await journal([created(0), started(1), ['tool.called.v1', 3, { call_id: 'x', repeated: true }], step(1, 5, 1), completed(9)]);
    await journal([created(0), started(1), failed(9, 'infrastructure')]);
    await journal([created(0), started(1), step(1, 5, 1), started(6, 2), step(2, 7, 2), completed(9)]);
    await journal([created(0), started(1), ['tool.called.v1', 3, { call_id: 'x' }], failed(9, 'user')]);
    await journal([created(0), started(1), ['tool.called.v1', 3, { call_id: 'x', repeated: true }], ['run.cancelled.v1', 9, { reason: 'x' }]]);
    await rollUp();
    const counts = await measured();
    expect(counts['g b1 recovery']).toEqual([3, 2]);
    expect(counts['g b1 run']).toEqual([3, 0, 1, 1, 1]);
  });

  it('a run that ended without having begun has no build', async () => {
    await journal([created(0), ['run.cancelled.v1', 100, { reason: 'x' }, null]]);
    await rollUp();
    expect(await measured()).toEqual({ 'g  run': [0, 0, 1, 0, 0] });
  });
});

describe('rollups', () => {
  it('are the same whoever makes them and however often; totals are their sums', async () => {
    await journal([created(0), started(80), step(1, 120, 1), completed(200)]);
    await Promise.all(Array.from({ length: 6 }, () => rollUp()));
    const [before, totals] = [await measured(), await totalsOf()];
    await rollUp();
    expect([await measured(), await totalsOf()]).toEqual([before, totals]);
    expect(totals.filter((row) => 'tenantId' in row && row.tenantId === scope.tenantId).map((row) => [row.indicator, row.counts])).toEqual(
      expect.arrayContaining([['start', [1, 0, 0, 80]], ['run', [1, 0, 0, 0, 0]]]),
    );
  });

  it('that were lost come back from the journal; the watermark passes what is final', async () => {
    await journal([created(0), started(80), completed(200)]);
    await rollUp();
    const before = await measured();
    await asOwner((owner) => owner.query(`SELECT set_config('app.measures', 'on', false)`).then(() => owner.query('DELETE FROM executions.slo_rollups; UPDATE executions.slo_progress SET rolled_until = NULL')), address);
    expect(await measured()).toEqual({});
    await rollUp();
    expect(await measured()).toEqual(before);
    const { rolledUntil } = await slo.progress();
    expect(Date.now() - rolledUntil.getTime()).toBeGreaterThanOrEqual(PACE.settleMs);
    expect(Date.now() - rolledUntil.getTime()).toBeLessThan(PACE.settleMs + PACE.widthMs + 5_000);
  });

  it('are made one final bucket per call, and go on from there', async () => {
    await journal([created(0), started(80), completed(200)]);
    const first = await slo.rollUp(DEFINITION, PACE);
    expect(first.behind).toBe(true);
    const second = await slo.rollUp(DEFINITION, PACE);
    expect(second.rolledUntil.getTime() - first.rolledUntil.getTime()).toBe(PACE.widthMs);
    await rollUp();
    expect((await measured())['g b1 start']).toEqual([1, 0, 0, 80]);
  });

  it('that are older than they are kept are deleted, and stay in the totals', async () => {
    await journal([created(0), started(80), completed(200)]);
    await rollUp();
    const totals = await totalsOf();
    await slo.rollUp(DEFINITION, { ...PACE, keptMs: 1_000_000 });
    expect(await measured()).toEqual({});
    await asOwner((owner) => owner.query('UPDATE executions.slo_progress SET rolled_until = NULL'), address);
    for (let behind = true; behind; ) ({ behind } = await slo.rollUp(DEFINITION, { ...PACE, keptMs: 1_000_000 }));
    expect(await totalsOf()).toEqual(totals);
  });

  it('are summed over all tenants that are not named, also those that are quiet', async () => {
    await journal([created(0), started(80), completed(200)]);
    await journal([created(0), started(80), completed(200)], { scope: other });
    await rollUp();
    const startOf = async (sinceMs: number) => (await slo.totals({ tenantIds: [], sinceMs, limit: 1_000 })).filter((row) => row.indicator === 'start' && row.graphId === 'g').map((row) => row.counts);
    const all = await startOf(3_600_000);
    await asOwner(
      (owner) => owner.query(`SELECT set_config('app.measures', 'on', false)`).then(() => owner.query(`UPDATE executions.slo_totals SET updated_at = now() - interval '1 day' WHERE tenant_id = $1`, [other.tenantId])),
      address,
    );
    expect(await startOf(3_600_000)).toEqual(all);
    await asOwner((owner) => owner.query(`SELECT set_config('app.measures', 'on', false)`).then(() => owner.query(`UPDATE executions.slo_totals SET updated_at = now() - interval '1 day'`)), address);
    expect(await startOf(3_600_000)).toEqual([]);
  });

  it('of a real run: what the journal’s own functions write is what is measured', async () => {
    const runs = new RunsRepository(db.gateway);
    const runJournal = new RunJournal(db.worker);
    const run = aRun({ graphId: 'real', afterSeconds: 0.2 });
    await runs.createRun(scope, run);
    await new Promise((done) => setTimeout(done, 250));
    await runJournal.beginRun(scope, { ...run, ...scope, workflowId: 'w', workflowRunId: 'x', buildId: 'b9' });
    const event = { ...stepCompleted(1), data: { ...(stepCompleted(1).data as object), checkpoint_id: 'c', first_token_at: new Date().toISOString() } } as ReturnType<typeof stepCompleted>;
    await runJournal.commitProgress(scope, { ...run, ...scope, commit: 1, events: [event], checkpoints: [], end: { status: 'success', steps: 1 } });
    await rollUp();
    const from = new Date(Date.now() - 600_000);
    const series = await slo.series(scope, { from, to: new Date(Date.now() + 1_000), bucketMs: 86_400_000, limit: 1_000 });
    const counts = Object.fromEntries(series.map((row) => [row.indicator, row.counts]));
    expect(Object.keys(counts).sort()).toEqual(['first_token', 'run', 'start', 'step']);
    expect(counts['run']).toEqual([1, 0, 0, 0, 0]);
    // From when it was due, 200 ms after its creation.
    expect(counts['start']?.at(-1)).toBeLessThan(200);
  });

  it('belong to their tenant', async () => {
    await journal([created(0), started(80), completed(200)]);
    await journal([created(0), started(2_000)], { scope: other });
    await rollUp();
    expect((await measured())['g b1 start']).toEqual([1, 0, 0, 80]);
    expect((await measured(other))['g b1 start']).toEqual([0, 0, 1, 2_000]);
    const starts = (await slo.totals({ tenantIds: [other.tenantId], sinceMs: 3_600_000, limit: 1_000 })).filter((row) => row.graphId === 'g' && row.indicator === 'start');
    expect(starts.map((row) => [row.tenantId, row.counts])).toContainEqual([other.tenantId, [0, 0, 1, 2_000]]);
    expect(starts.map((row) => row.tenantId).sort()).toEqual([other.tenantId, null].sort());
  });
});

it('tells of runs that nobody begins, but not of those that wait for their turn', async () => {
  const runs = new RunsRepository(db.gateway);
  const graphId = `late-${v7()}`;
  const [first, delayed] = [aRun({ graphId }), aRun({ graphId, afterSeconds: 60 })];
  await runs.createRun(scope, first);
  await runs.createRun(scope, aRun({ graphId, threadId: first.threadId }));
  await runs.createRun(scope, delayed);
  await new Promise((done) => setTimeout(done, 20));
  const late = async (ms: number): Promise<number> => (await slo.overdueRuns(ms)).find((row) => row.graphId === graphId)?.runs ?? 0;
  expect([await late(10), await late(60_000)]).toEqual([1, 0]);
  await new RunJournal(db.worker).beginRun(scope, { ...first, ...scope, workflowId: 'w', workflowRunId: 'x', buildId: 'b' });
  expect(await late(10)).toBe(0);
});

// The last: all its runs are measured again by whatever rolls up after it.
it('makes the rollup of a bucket with many runs, which takes longer than a statement may', async () => {
  await db.worker.withTenant(scope, (tx) =>
    tx.query(
      `INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, commit, type, time, data)
       SELECT $1, r.run_id, s.n, r.run_id, CASE s.n WHEN 3 THEN 1 END, (ARRAY['run.created.v1', 'run.started.v1', 'run.completed.v1'])[s.n],
         $2::timestamptz + make_interval(secs => r.i * 0.02 + s.n * 0.01),
         (ARRAY['{"graph_id": "many"}', '{"attempt": 1, "build_id": "b1"}', '{"steps": 0}']::jsonb[])[s.n]
       FROM (SELECT i, gen_random_uuid() AS run_id FROM generate_series(1, 10000) AS i) AS r, generate_series(1, 3) AS s (n)`,
      [scope.tenantId, new Date(BUCKET)],
    ),
  );
  // As autovacuum does while a journal grows.
  await asOwner((owner) => owner.query('ANALYZE executions.run_events'), address);
  // Even where other statements may not take so long.
  const hasty = createDatabase({ url: address('GATEWAY'), maxConnections: 1, applicationName: 'test', statementTimeoutMs: 50 });
  try {
    while ((await new SloRepository(hasty).rollUp(DEFINITION, PACE)).behind);
  } finally {
    await hasty.close();
  }
  expect((await measured())['many b1 start']).toEqual([10_000, 0, 0, 100_000]);
}, 60_000);
