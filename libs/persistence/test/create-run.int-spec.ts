import { v7 } from 'uuid';
import { RunJournal, RunsRepository, ThreadsRepository, type CreateRunResult, type TenantScope } from '../src/index';
import { aCheckpoint, aCommit, aRun, asOwner, aTenant, Fixture } from './support';

const db = new Fixture();
const runs = new RunsRepository(db.gateway);
const threads = new ThreadsRepository(db.gateway);
const journal = new RunJournal(db.worker);
let scope: TenantScope;

beforeAll(async () => {
  ({ scope } = await aTenant());
});
afterAll(() => db.close());

function created(result: CreateRunResult): Extract<CreateRunResult, { kind: 'created' }> {
  if (result.kind !== 'created') throw new Error(`refused: ${result.reason}`);
  return result;
}

async function count(table: 'runs' | 'threads' | 'run_events' | 'idempotency_keys'): Promise<number> {
  return db.gateway.withTenant(scope, async (tx) => {
    const [row] = await tx.query(`SELECT count(*)::int AS n FROM executions.${table}`);
    return (row as { n: number }).n;
  });
}

describe('createRun', () => {
  it('makes thread, run and first journal row together', async () => {
    const input = aRun({ metadata: { source: 'test' }, threadMetadata: { owner: 'me' }, deleteThread: true, requestHash: 'h' });
    const { run, replayed, activeRun, notice } = created(await runs.createRun({ ...scope, traceparent: '00-a-b-01' }, input));
    expect({ replayed, activeRun, notice }).toEqual({ replayed: false, activeRun: null, notice: { runId: input.runId, seq: 1, status: 'pending' } });
    expect(run).toMatchObject({ status: 'pending', kwargs: input.kwargs, metadata: { source: 'test' }, delete_thread: true, traceparent: '00-a-b-01' });
    expect(await threads.get(scope, input.threadId)).toMatchObject({
      status: 'busy',
      metadata: { owner: 'me', graph_id: 'test-graph', assistant_id: input.assistantId },
    });
    const page = await new RunJournal(db.gateway).readEvents(scope, { runId: input.runId, afterSeq: 0 });
    expect(page?.events).toMatchObject([
      {
        type: 'run.created.v1',
        traceparent: '00-a-b-01',
        data: { assistant_id: input.assistantId, graph_id: 'test-graph', multitask_strategy: 'enqueue', metadata: { source: 'test' } },
      },
    ]);
  });

  it('refuses a missing thread and writes nothing', async () => {
    const before = [await count('runs'), await count('threads'), await count('run_events'), await count('idempotency_keys')];
    const input = aRun({ ifNotExists: 'reject', requestHash: 'h', idempotency: { principalId: 'p', route: 'r', key: v7() } });
    expect(await runs.createRun(scope, input)).toEqual({ kind: 'refused', reason: 'thread-not-found' });
    expect([await count('runs'), await count('threads'), await count('run_events'), await count('idempotency_keys')]).toEqual(before);
    expect(created(await runs.createRun(scope, { ...input, ifNotExists: 'create' })).replayed).toBe(false);
  });

  it('makes one run of 50 parallel requests with the same key', async () => {
    const idempotency = { principalId: 'p', route: 'POST /runs', key: v7() };
    const results = await Promise.all(
      Array.from({ length: 50 }, () => runs.createRun(scope, aRun({ requestHash: 'same', idempotency }))),
    );
    const all = results.map(created);
    expect(new Set(all.map((r) => r.run.run_id)).size).toBe(1);
    expect(all.filter((r) => !r.replayed)).toHaveLength(1);
    expect(await runs.createRun(scope, aRun({ requestHash: 'other', idempotency }))).toEqual({ kind: 'refused', reason: 'idempotency-mismatch' });
    const elsewhere = created(await runs.createRun(scope, aRun({ requestHash: 'other', idempotency: { ...idempotency, principalId: 'q' } })));
    expect(elsewhere.replayed).toBe(false);
  });

  it('makes one run of parallel requests with the same run id', async () => {
    const runId = v7();
    const sameThread = v7();
    const on = (threadId: string) => runs.createRun(scope, aRun({ runId, threadId, requestHash: 'h' }));
    const all = (await Promise.all([...Array.from({ length: 10 }, () => on(sameThread)), ...Array.from({ length: 10 }, () => on(v7()))])).map(created);
    expect(all.filter((r) => !r.replayed)).toHaveLength(1);
    expect(new Set(all.map((r) => r.run.thread_id)).size).toBe(1);
    expect(await runs.createRun(scope, aRun({ runId, requestHash: 'x' }))).toEqual({ kind: 'refused', reason: 'run-id-taken' });
    expect(await runs.createRun(scope, aRun({ runId }))).toEqual({ kind: 'refused', reason: 'run-id-taken' });
  });

  it('does not take a run for its own rival when its request comes twice at once', async () => {
    const repeat = aRun({ requestHash: 'h', multitaskStrategy: 'reject' });
    const all = await Promise.all(Array.from({ length: 10 }, () => runs.createRun(scope, repeat)));
    expect(new Set(all.map((result) => created(result).run.run_id))).toEqual(new Set([repeat.runId]));
  });

  it('does not start a deleted run again', async () => {
    const input = aRun({ requestHash: 'h', idempotency: { principalId: 'p', route: 'r', key: v7() } });
    await runs.createRun(scope, input);
    await threads.delete(scope, input.threadId);
    expect(await runs.createRun(scope, { ...input, runId: v7(), threadId: v7() })).toEqual({ kind: 'refused', reason: 'run-gone' });
  });

  it('reject: exactly one of 30 parallel requests gets the thread', async () => {
    const threadId = v7();
    const results = await Promise.all(
      Array.from({ length: 30 }, () => runs.createRun(scope, aRun({ threadId, multitaskStrategy: 'reject' }))),
    );
    const made = results.filter((r) => r.kind === 'created');
    expect(made).toHaveLength(1);
    const active = await runs.activeRuns(scope, threadId);
    expect(active).toHaveLength(1);
    const refused = results.filter((r) => r.kind === 'refused');
    expect(refused).toHaveLength(29);
    for (const r of refused) expect(r).toEqual({ kind: 'refused', reason: 'thread-busy', activeRun: active[0] });
  });

  it('reject: a refused key may be used again once the thread is free', async () => {
    const threadId = v7();
    const first = aRun({ threadId });
    await runs.createRun(scope, first);
    const second = aRun({ threadId, multitaskStrategy: 'reject', requestHash: 'h', idempotency: { principalId: 'p', route: 'r', key: v7() } });
    expect((await runs.createRun(scope, second)).kind).toBe('refused');
    await runs.cancelPending(scope, { ...first, reason: 'test' });
    expect(created(await runs.createRun(scope, second)).replayed).toBe(false);
  });

  it('enqueue, interrupt and rollback queue behind and name what is active', async () => {
    const threadId = v7();
    const ids: string[] = [];
    for (const multitaskStrategy of ['enqueue', 'enqueue', 'interrupt', 'rollback'] as const) {
      const input = aRun({ threadId, multitaskStrategy });
      const result = created(await runs.createRun(scope, input));
      expect(result.activeRuns.map((r) => r.runId)).toEqual(ids);
      expect(result.activeRun?.runId ?? null).toBe(ids[0] ?? null);
      ids.push(input.runId);
    }
    expect((await runs.list(scope, { threadId, status: 'pending' })).map((r) => r.run_id)).toEqual([...ids].reverse());
  });
});

describe('delivery sweep', () => {
  it('claims what is due once per lease, whoever asks, and nothing that has begun', async () => {
    const [lost, accepted, later, begun] = [aRun(), aRun(), aRun({ afterSeconds: 3_600 }), aRun()];
    for (const input of [lost, accepted, later, begun]) await runs.createRun(scope, input);
    await runs.markDelivered(scope, [accepted.runId]);
    await journal.beginRun(scope, { ...begun, tenantId: scope.tenantId, workflowId: 'w', workflowRunId: 'r', buildId: 'b' });
    await asOwner((owner) =>
      owner.query(`UPDATE executions.runs SET created_at = now() - interval '10 s', deliver_at = least(deliver_at, now()) - interval '0 s' WHERE run_id = ANY($1)`, [
        [lost, accepted, later, begun].map((r) => r.runId),
      ]),
    );
    const mine = (claimed: { runId: string }[]) => claimed.map((r) => r.runId).filter((id) => [lost, accepted, later, begun].some((r) => r.runId === id));
    const claims = await Promise.all(Array.from({ length: 5 }, () => runs.claimDueDeliveries({ limit: 1_000, leaseMs: 600 })));
    expect(claims.flatMap(mine)).toEqual(expect.arrayContaining([lost.runId]));
    expect(claims.flatMap(mine).filter((id) => id === lost.runId)).toHaveLength(1);
    expect(claims.flatMap(mine)).not.toContain(accepted.runId);
    expect(claims.flatMap(mine)).not.toContain(begun.runId);
    const claimed = claims.flat().find((r) => r.runId === lost.runId);
    expect(claimed).toEqual({ tenantId: scope.tenantId, threadId: lost.threadId, runId: lost.runId, graphId: 'test-graph', traceparent: null });
    expect(mine(await runs.claimDueDeliveries({ limit: 1_000, leaseMs: 600 }))).not.toContain(lost.runId);
    await new Promise((done) => setTimeout(done, 700));
    expect(mine(await runs.claimDueDeliveries({ limit: 1_000, leaseMs: 600 }))).toContain(lost.runId);
    await asOwner((owner) => owner.query(`UPDATE executions.runs SET delivered_at = now() - interval '31 s' WHERE run_id = $1`, [accepted.runId]));
    expect(mine(await runs.claimDueDeliveries({ limit: 1_000 }))).toContain(accepted.runId);
  });

  it('lists threads of finished stateless runs until they are deleted', async () => {
    const input = aRun({ deleteThread: true });
    await runs.createRun(scope, input);
    const ref = { ...input, tenantId: scope.tenantId };
    await journal.beginRun(scope, { ...ref, workflowId: 'w', workflowRunId: 'r', buildId: 'b' });
    const listed = async () => (await runs.listFinishedStateless({ limit: 1_000, graceMs: 0 })).some((r) => r.runId === input.runId);
    expect(await listed()).toBe(false);
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(0)], end: { status: 'success', steps: 1 } }));
    expect(await listed()).toBe(true);
    // somebody answers its question: the thread stays until that is over
    const answer = aRun({ threadId: input.threadId });
    await runs.createRun(scope, answer);
    expect(await listed()).toBe(false);
    expect(await threads.deleteIdle(scope, input.threadId)).toBe(false);
    await runs.cancelPending(scope, { ...answer, reason: 'test' });
    expect(await listed()).toBe(true);
    expect(await threads.deleteIdle(scope, input.threadId)).toBe(true);
    expect(await listed()).toBe(false);
    expect(await threads.delete(scope, input.threadId)).toBe(false);
    expect((await new RunJournal(db.gateway).readEvents(scope, { runId: input.runId, afterSeq: 0 }))?.status).toBe('success');
  });
});

describe('stale runs', () => {
  it('are claimed once per lease, when they have not committed for a while', async () => {
    const [silent, lively, waiting] = [aRun(), aRun(), aRun()];
    for (const input of [silent, lively, waiting]) await runs.createRun(scope, input);
    for (const input of [silent, lively]) await journal.beginRun(scope, { ...input, tenantId: scope.tenantId, workflowId: 'w', workflowRunId: 'r', buildId: 'b' });
    await asOwner((owner) => owner.query(`UPDATE executions.runs SET updated_at = now() - interval '1 minute' WHERE run_id = ANY($1)`, [[silent.runId, waiting.runId]]));
    const claim = async () => (await runs.claimStaleRuns({ limit: 1_000, staleMs: 30_000, leaseMs: 60_000 })).filter((run) => run.tenantId === scope.tenantId);
    const claims = await Promise.all([claim(), claim(), claim()]);
    expect(claims.flat()).toEqual([
      { tenantId: scope.tenantId, threadId: silent.threadId, runId: silent.runId, graphId: 'test-graph', traceparent: null, workflowRunId: 'r' },
    ]);
    expect(await claim()).toEqual([]);
  });
});

describe('runs', () => {
  it('are cancelled for those who read the journal when their thread is deleted', async () => {
    const [running, waiting] = [aRun(), aRun()];
    for (const input of [running, { ...waiting, threadId: running.threadId }]) await runs.createRun(scope, input);
    await journal.beginRun(scope, { ...running, tenantId: scope.tenantId, workflowId: 'w', workflowRunId: 'r', buildId: 'b' });
    expect(await threads.delete(scope, running.threadId)).toBe(true);
    const reader = new RunJournal(db.gateway);
    for (const { runId } of [running, waiting]) {
      const page = await reader.readEvents(scope, { runId, afterSeq: 0 });
      expect(page?.events.at(-1)).toMatchObject({ type: 'run.cancelled.v1', seq: page?.events.length, data: { reason: 'the thread was deleted' } });
    }
    expect((await journal.commitProgress(scope, aCommit({ ...running, tenantId: scope.tenantId }, 1))).kind).toBe('unknown');
  });

  it('are deleted with their checkpoints when they are over', async () => {
    const input = aRun();
    await runs.createRun(scope, input);
    const ref = { ...input, tenantId: scope.tenantId };
    expect(await runs.delete(scope, ref)).toBe('active');
    await journal.beginRun(scope, { ...ref, workflowId: 'w', workflowRunId: 'r', buildId: 'b' });
    await journal.commitProgress(scope, aCommit(ref, 1, { checkpoints: [aCheckpoint(0)], end: { status: 'success', steps: 1 } }));
    expect(await runs.delete(scope, ref)).toBe('deleted');
    expect(await runs.delete(scope, ref)).toBe('not-found');
    expect(await threads.get(scope, input.threadId)).toMatchObject({ values: null, status: 'idle' });
  });
});
