import type { Database } from './database';
import type { RunRow } from './rows.schema';
import type {
  ActiveRun,
  CancelPendingResult,
  CreateRunInput,
  CreateRunResult,
  DueDelivery,
  DueThreadDeletion,
  RunListQuery,
} from './runs.types';
import type { TenantScope } from './tenant-scope';

/** Runs as the API sees them. */
export class RunsRepository {
  constructor(protected readonly db: Database) {}

  /** Thread, double-texting decision, run, first journal row and idempotency row in one transaction. */
  async createRun(_scope: TenantScope, _input: CreateRunInput): Promise<CreateRunResult> {
    throw new Error('not built yet');
  }

  /** Null when the tenant has no such run (or not on that thread). */
  async get(_scope: TenantScope, _query: { runId: string; threadId?: string | undefined }): Promise<RunRow | null> {
    throw new Error('not built yet');
  }

  /** Newest first. */
  async list(_scope: TenantScope, _query: RunListQuery): Promise<RunRow[]> {
    throw new Error('not built yet');
  }

  /** Pending and running runs of a thread, oldest first. */
  async activeRuns(_scope: TenantScope, _threadId: string): Promise<ActiveRun[]> {
    throw new Error('not built yet');
  }

  /** Stamps runs that Temporal has accepted; the sweep then waits 30 s before it delivers them again. */
  async markDelivered(_scope: TenantScope, _runIds: readonly string[]): Promise<void> {
    throw new Error('not built yet');
  }

  /** Cancels a run that has not begun; beginRun then skips it. `rollback` also deletes it. */
  async cancelPending(
    _scope: TenantScope,
    _query: { runId: string; threadId: string; reason: string; rollback?: boolean },
  ): Promise<CancelPendingResult> {
    throw new Error('not built yet');
  }

  /** Deletes a finished run and its checkpoints; the journal keeps its rows. */
  async delete(_scope: TenantScope, _query: { runId: string; threadId: string }): Promise<'deleted' | 'active' | 'not-found'> {
    throw new Error('not built yet');
  }

  /**
   * Runs of all tenants to deliver (again): due, pending, and not accepted within 2 s or not begun 30 s after acceptance. A claimed
   * run is not given out again for `leaseMs` (default 5 000).
   */
  async claimDueDeliveries(_query: { limit: number; leaseMs?: number }): Promise<DueDelivery[]> {
    throw new Error('not built yet');
  }

  /** Threads of stateless runs that ended at least `graceMs` ago and are still there, of all tenants; for ThreadsRepository.delete. */
  async listFinishedStateless(_query: { limit: number; graceMs: number }): Promise<DueThreadDeletion[]> {
    throw new Error('not built yet');
  }
}
