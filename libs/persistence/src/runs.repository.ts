import { z } from 'zod';
import type { Database, TenantCall } from './database';
import { page } from './page';
import { runRow, type RunRow } from './rows.schema';
import { createRunRow, createRunParams, toCreateRunResult } from './create-run.mapping';
import type {
  ActiveRun,
  CancelPendingResult,
  CreateRunInput,
  CreateRunResult,
  DueDelivery,
  DueThreadDeletion,
  RunListQuery,
  StaleRun,
} from './runs.types';
import type { TenantScope } from './tenant-scope';

const TENANT = `set_config('app.tenant_id', $1, true)`;
const CREATE_RUN: TenantCall = { name: 'create_run', text: `SELECT executions.create_run(${TENANT}, $2, $3, $4, $5) AS result` };
const CANCEL_PENDING: TenantCall = { name: 'cancel_pending', text: `SELECT * FROM executions.cancel_pending(${TENANT}, $2, $3, $4, $5, $6)` };
const CLAIM_DUE: TenantCall = { name: 'claim_due', text: `SELECT * FROM executions.claim_due_deliveries($1, make_interval(secs => $2))` };
const CLAIM_STALE: TenantCall = {
  name: 'claim_stale',
  text: `SELECT * FROM executions.claim_stale_runs($1, make_interval(secs => $2), make_interval(secs => $3))`,
};
const LIST_STATELESS: TenantCall = {
  name: 'list_stateless',
  text: `SELECT * FROM executions.list_finished_stateless($1, make_interval(secs => $2))`,
};

const cancelRow = z.object({ kind: z.enum(['cancelled', 'running', 'terminal', 'not-found']), seq: z.number().int().nullable() });
const activeRow = z.object({ run_id: z.string(), status: z.enum(['pending', 'running']) });
const threadRef = z.object({ tenant_id: z.string(), thread_id: z.string(), run_id: z.string() });
const dueRow = threadRef.extend({ graph_id: z.string(), traceparent: z.string().nullable() });
const staleRow = dueRow.extend({ workflow_run_id: z.string().nullable() });

/** Runs as the API sees them. */
export class RunsRepository {
  constructor(private readonly db: Database) {}

  /** Thread, double-texting decision, run, first journal row and idempotency row in one transaction. */
  async createRun(scope: TenantScope, input: CreateRunInput): Promise<CreateRunResult> {
    const rows = await this.db.callTenant(scope, CREATE_RUN, createRunParams(scope, input));
    return toCreateRunResult(createRunRow.parse(rows[0]).result);
  }

  /** Null when the tenant has no such run (or not on that thread). */
  async get(scope: TenantScope, query: { runId: string; threadId?: string | undefined }): Promise<RunRow | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM executions.runs WHERE run_id = $1 AND ($2::uuid IS NULL OR thread_id = $2)`, [query.runId, query.threadId ?? null]),
    );
    return runRow.optional().parse(rows[0]) ?? null;
  }

  /** Newest first. */
  async list(scope: TenantScope, query: RunListQuery): Promise<RunRow[]> {
    const { limit, offset } = page(query);
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT * FROM executions.runs WHERE thread_id = $1 AND ($2::text IS NULL OR status = $2) ORDER BY position DESC LIMIT $3 OFFSET $4`,
        [query.threadId, query.status ?? null, limit, offset],
      ),
    );
    return z.array(runRow).parse(rows);
  }

  /** Pending and running runs of a thread, oldest first. */
  async activeRuns(scope: TenantScope, threadId: string): Promise<ActiveRun[]> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT run_id, status FROM executions.runs WHERE thread_id = $1 AND status IN ('pending', 'running') ORDER BY position`,
        [threadId],
      ),
    );
    return z.array(activeRow).parse(rows).map((row) => ({ runId: row.run_id, status: row.status }));
  }

  /** Stamps runs that Temporal has accepted; the sweep then waits 30 s before it delivers them again. Runs that began need no stamp. */
  async markDelivered(scope: TenantScope, runIds: readonly string[]): Promise<void> {
    await this.db.withTenant(scope, (tx) =>
      tx.query(`UPDATE executions.runs SET delivered_at = now() WHERE run_id = ANY($1::uuid[]) AND status = 'pending'`, [runIds]),
    );
  }

  /** Cancels a run that has not begun; beginRun then skips it. `rollback` also deletes it. */
  async cancelPending(
    scope: TenantScope,
    query: { runId: string; threadId: string; reason: string; rollback?: boolean },
  ): Promise<CancelPendingResult> {
    const params = [query.threadId, query.runId, query.reason, query.rollback ?? false, scope.traceparent ?? null];
    const row = cancelRow.parse((await this.db.callTenant(scope, CANCEL_PENDING, params))[0]);
    return { kind: row.kind, notice: row.seq === null ? null : { runId: query.runId, seq: row.seq, status: 'interrupted' } };
  }

  /** Deletes a finished run and its checkpoints; the journal keeps its rows. */
  async delete(scope: TenantScope, query: { runId: string; threadId: string }): Promise<'deleted' | 'active' | 'not-found'> {
    return this.db.withTenant(scope, async (tx) => {
      const { runId, threadId } = query;
      await tx.query(`SELECT FROM executions.threads WHERE thread_id = $1 FOR NO KEY UPDATE`, [threadId]);
      const found = await tx.query(`SELECT status FROM executions.runs WHERE run_id = $1 AND thread_id = $2`, [runId, threadId]);
      const run = z.object({ status: z.string() }).optional().parse(found[0]);
      if (run === undefined) return 'not-found';
      if (run.status === 'pending' || run.status === 'running') return 'active';
      await tx.query(`DELETE FROM executions.runs WHERE run_id = $1`, [runId]);
      await tx.query(`DELETE FROM executions.checkpoints WHERE thread_id = $1 AND run_id = $2`, [threadId, runId]);
      await tx.query(`SELECT executions.settle_thread(tenant_id, thread_id, NULL, NULL, NULL) FROM executions.threads WHERE thread_id = $1`, [
        threadId,
      ]);
      return 'deleted';
    });
  }

  /**
   * Runs of all tenants to deliver (again): due, pending, and not accepted within 2 s or not begun 30 s after acceptance. A claimed
   * run is not given out again for `leaseMs` (default 5 000).
   */
  async claimDueDeliveries(query: { limit: number; leaseMs?: number }): Promise<DueDelivery[]> {
    const rows = await this.db.callSystem(CLAIM_DUE, [query.limit, (query.leaseMs ?? 5_000) / 1_000]);
    return z.array(dueRow).parse(rows).map(toDueDelivery);
  }

  /**
   * Running runs of all tenants without a commit for `staleMs`, oldest first: their workflow may be gone. One that was claimed is not
   * given out again for `leaseMs`.
   */
  async claimStaleRuns(query: { limit: number; staleMs: number; leaseMs: number }): Promise<StaleRun[]> {
    const rows = await this.db.callSystem(CLAIM_STALE, [query.limit, query.staleMs / 1_000, query.leaseMs / 1_000]);
    return z
      .array(staleRow)
      .parse(rows)
      .map((row) => ({ ...toDueDelivery(row), workflowRunId: row.workflow_run_id }));
  }

  /** Threads of stateless runs that ended at least `graceMs` ago and are still there, without an active run, of all tenants; for ThreadsRepository.deleteIdle. */
  async listFinishedStateless(query: { limit: number; graceMs: number }): Promise<DueThreadDeletion[]> {
    const rows = await this.db.callSystem(LIST_STATELESS, [query.limit, query.graceMs / 1_000]);
    return z
      .array(threadRef)
      .parse(rows)
      .map((row) => ({ tenantId: row.tenant_id, threadId: row.thread_id, runId: row.run_id }));
  }
}

function toDueDelivery(row: z.infer<typeof dueRow>): DueDelivery {
  const { tenant_id: tenantId, thread_id: threadId, run_id: runId, graph_id: graphId, traceparent } = row;
  return { tenantId, threadId, runId, graphId, traceparent };
}
