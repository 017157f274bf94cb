import { v7 } from 'uuid';
import { RetentionRepository, RunJournal, RunsRepository, ThreadsRepository, ToolCallsRepository, ToolRoutersRepository, WaitsRepository, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, asOwner, aTenant, Fixture, ScratchDatabase, type Role } from './support';

// Of its own: what is deleted here belongs to all tenants.
let scratch: ScratchDatabase;
let db: Fixture;
let scope: TenantScope;
let retention: RetentionRepository;
let routers: RetentionRepository;
let runs: RunsRepository;
let threads: ThreadsRepository;
let journal: RunJournal;
let calls: ToolCallsRepository;
const address = (role: Role): string => scratch.url(role);

beforeAll(async () => {
  scratch = await ScratchDatabase.create();
  db = new Fixture(address);
  const tools = db.open('TOOLS');
  [retention, routers] = [new RetentionRepository(db.gateway), new RetentionRepository(tools)];
  [runs, threads, journal, calls] = [new RunsRepository(db.gateway), new ThreadsRepository(db.gateway), new RunJournal(db.worker), new ToolCallsRepository(tools)];
  await new ToolRoutersRepository(tools).renew(ROUTER, 60_000);
  ({ scope } = await aTenant(address));
}, 60_000);
afterAll(async () => {
  await db.close();
  await scratch.drop();
});

const ROUTER = v7();
const APPROVAL = { kind: 'approval', action: 'pay', args: 1 };
let claims = 0;

async function sql(text: string, params: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
  return asOwner(async (owner) => {
    await owner.query(`SELECT set_config('app.tenant_id', $1, false), set_config('app.measures', 'on', false)`, [scope.tenantId]);
    return (await owner.query(text, [...params])).rows as Record<string, unknown>[];
  }, address);
}
const count = async (table: string, where: string, ...params: unknown[]): Promise<number> => Number((await sql(`SELECT count(*) FROM ${table} WHERE ${where}`, params))[0]!['count']);
const publish = () => sql('UPDATE executions.run_events SET published_at = now() WHERE published_at IS NULL');
const age = (table: string, column: string, days: number) => sql(`UPDATE ${table} SET ${column} = ${column} - make_interval(days => $1)`, [days]);

/** A run with a tool call that asks a person and ends so. */
async function anAskingRun(): Promise<{ threadId: string; runId: string }> {
  const input = aRun();
  await runs.createRun(scope, input);
  const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
  await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w', buildId: 'b' });
  await calls.claim(scope, ROUTER, [{ claim_no: (claims += 1), run_id: ref.runId, call_id: 'c', server: 's', tool: 't', effect: 'read', arguments_sha256: 'x' }], '{}');
  const interrupts = { task: [{ id: v7(), value: APPROVAL }] };
  const checkpoint = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: interrupts.task }] });
  await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [checkpoint], end: { status: 'interrupted', steps: 1, interrupts } }));
  return ref;
}
const journalRows = (threadId: string) => count('executions.run_events', 'thread_id = $1', threadId);
const ledgerRows = (runId: string) => count('tools.tool_calls', 'run_id = $1', runId);

describe('what a deleted run leaves', () => {
  it('goes when it was deleted long ago: journal, approvals with theirs, tool calls; a run that waits keeps everything', async () => {
    const [gone, waiting] = [await anAskingRun(), await anAskingRun()];
    await threads.delete(scope, gone.threadId);
    await publish();
    expect(await journalRows(gone.threadId)).toBeGreaterThan(4);
    expect(await retention.deleteJournal({ limit: 1_000, keptDays: 30 })).toBe(0);
    expect(await routers.deleteToolCalls({ limit: 100, keptDays: 30 })).toBe(0);
    await age('executions.deleted_runs', 'deleted_at', 31);
    const rows = await journalRows(gone.threadId);
    expect(await retention.deleteJournal({ limit: 1_000, keptDays: 30 })).toBe(rows);
    expect(await journalRows(gone.threadId)).toBe(0);
    expect(await count('executions.approvals', 'thread_id = $1', gone.threadId)).toBe(0);
    expect(await ledgerRows(gone.runId)).toBe(1);
    expect(await routers.deleteToolCalls({ limit: 100, keptDays: 30 })).toBe(1);
    expect(await ledgerRows(gone.runId)).toBe(0);
    expect(await count('executions.deleted_runs', 'run_id = $1', gone.runId)).toBe(0);
    expect([await journalRows(waiting.threadId) > 4, await ledgerRows(waiting.runId), await count('executions.approvals', 'thread_id = $1', waiting.threadId)]).toEqual([true, 1, 1]);
  });

  it('goes in batches, and stays as long as it is not published', async () => {
    const gone = await anAskingRun();
    await threads.delete(scope, gone.threadId);
    await age('executions.deleted_runs', 'deleted_at', 31);
    const rows = await journalRows(gone.threadId);
    expect(await retention.deleteJournal({ limit: 1_000, keptDays: 30 })).toBe(0);
    await publish();
    const batches: number[] = [];
    for (let n = -1; n !== 0; batches.push(n)) n = await retention.deleteJournal({ limit: 2, keptDays: 30 });
    expect(Math.max(...batches)).toBe(2);
    expect(batches.reduce((sum, n) => sum + n, 0)).toBe(rows);
  });
});

describe('what is over', () => {
  it('goes after its days, a wait not before its run has ended', async () => {
    const waits = new WaitsRepository(db.gateway);
    const input = aRun();
    await runs.createRun(scope, input);
    const ref = { tenantId: scope.tenantId, threadId: input.threadId, runId: input.runId };
    await journal.beginRun(scope, { ...ref, workflowId: 'wf', workflowRunId: 'w', buildId: 'b' });
    const interrupts = { task: [{ id: 'i', value: { kind: 'wait', until: 'date', date: '2020-01-01T00:00:00Z' } }] };
    const checkpoint = aCheckpoint(0, { next: ['ask'], tasks: [{ id: 'task', name: 'ask', interrupts: interrupts.task }] });
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [checkpoint], end: { status: 'interrupted', steps: 1, interrupts } }));
    const woken = await waits.wake(scope, { threadId: ref.threadId, resumeRunId: v7() });
    if (woken.kind !== 'woken') throw new Error('not woken');
    await sql(`INSERT INTO executions.slo_totals (tenant_id, graph_id, build_id, indicator, counts) VALUES ($1, 'g', 'b', 'run', '{1}')`, [scope.tenantId]);
    await sql(`INSERT INTO executions.idempotency_keys (tenant_id, principal_id, route, key, request_hash, run_id) VALUES ($1, 'p', 'r', 'old', 'h', $2)`, [scope.tenantId, ref.runId]);
    const before = await retention.deletePast({ limit: 1_000, keyDays: 7, pastDays: 90 });
    expect(before).toEqual({ idempotency_keys: 0, cron_firings: 0, waits: 0, slo_totals: 0 });

    await age('executions.waits', 'created_at', 91);
    await age('executions.waits', 'ended_at', 91);
    await age('executions.slo_totals', 'updated_at', 91);
    await sql(`UPDATE executions.idempotency_keys SET created_at = now() - interval '8 days' WHERE key = 'old'`);
    expect(await retention.deletePast({ limit: 1_000, keyDays: 7, pastDays: 90 })).toMatchObject({ idempotency_keys: 1, waits: 0, slo_totals: 1 });
    const next = { ...ref, runId: woken.run.run_id };
    await journal.beginRun(scope, { ...next, workflowId: 'wf', workflowRunId: 'w', buildId: 'b' });
    expect(await retention.deletePast({ limit: 1_000, keyDays: 7, pastDays: 90 })).toMatchObject({ waits: 0 });
    await journal.commitProgress(scope, aCommit(next, 1, { checkpoints: [aCheckpoint(1)], end: { status: 'success', steps: 1 } }));
    expect(await retention.deletePast({ limit: 1_000, keyDays: 7, pastDays: 90 })).toMatchObject({ waits: 1 });
  });
});
