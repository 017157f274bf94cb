import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { RunsRepository, ThreadsRepository, type RunRow } from '@holdfast/persistence';
import type { RunStatus } from '@holdfast/contracts/runs';
import type { TenantContext } from '@holdfast/tenant-context';
import { CancelService, type CancelOutcome } from '../delivery/cancel.service';
import { Hydrator } from '../streaming/hydrator';
import { RunResultService } from '../streaming/run-result.service';
import { threadNotFound } from '../threads/thread-errors';
import { toRun } from './run-mapping';
import type { BulkCancel, Run } from './runs.schema';

/** Longest that a cancel with `wait` waits for the end, ms. */
const CANCEL_WAIT_MS = 60_000;
const MAX_BULK = 1_000;

/** Runs that exist. */
@Injectable()
export class RunsService {
  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(CancelService) private readonly cancels: CancelService,
    @Inject(RunResultService) private readonly results: RunResultService,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
  ) {}

  /** The row. @throws HoldfastError NOT_FOUND, the same for a foreign and for a missing run */
  async require(ctx: TenantContext, query: { runId: string; threadId?: string | undefined }): Promise<RunRow> {
    const row = await this.runs.get(ctx, query);
    if (row === null) throw runNotFound(query.runId);
    return row;
  }

  /** A row as clients see it. */
  show(ctx: TenantContext, row: RunRow): Promise<Run> {
    return this.hydrator.hydrate(ctx, toRun(row));
  }

  /** Newest first. @throws HoldfastError NOT_FOUND */
  async list(ctx: TenantContext, threadId: string, query: { limit: number; offset: number; status?: RunStatus | undefined }): Promise<Run[]> {
    const rows = await this.runs.list(ctx, { threadId, ...query });
    if (rows.length === 0 && (await this.threads.get(ctx, threadId)) === null) throw threadNotFound(threadId);
    return this.hydrator.hydrate(ctx, rows.map(toRun));
  }

  /** @throws HoldfastError NOT_FOUND; THREAD_BUSY while it is pending or running */
  async delete(ctx: TenantContext, query: { threadId: string; runId: string }): Promise<void> {
    const outcome = await this.runs.delete(ctx, query);
    if (outcome === 'not-found') throw runNotFound(query.runId);
    if (outcome === 'active') throw new HoldfastError('THREAD_BUSY', 'The run is in flight: cancel it first.', { details: { run_id: query.runId } });
  }

  /**
   * Cancels a run; one that has ended already stays as it is.
   * @param wait also waits for the end
   * @throws HoldfastError NOT_FOUND, DEADLINE_EXCEEDED when it does not end in time
   */
  async cancel(ctx: TenantContext, request: { threadId: string; runId: string; action: 'interrupt' | 'rollback'; reason: string; wait: boolean }): Promise<void> {
    const outcome = await this.cancels.cancel(ctx, request);
    if (outcome === 'not-found') throw runNotFound(request.runId);
    if (!request.wait || outcome !== 'requested') return;
    const ended = await this.results.ended(ctx, request.runId, AbortSignal.timeout(CANCEL_WAIT_MS));
    if (!ended) throw new HoldfastError('DEADLINE_EXCEEDED', 'The run has not ended yet; it is still being cancelled.');
  }

  /** Cancels several. @throws HoldfastError NOT_FOUND when one of the named runs is not there */
  async cancelMany(ctx: TenantContext, body: BulkCancel, action: 'interrupt' | 'rollback'): Promise<void> {
    const { thread_id: threadId, run_ids: runIds } = body;
    const targets = threadId != null && runIds != null ? runIds.map((runId) => ({ threadId, runId })) : await this.activeEverywhere(ctx, body.status ?? 'all');
    const outcomes = await Promise.allSettled(targets.map((target) => this.cancels.cancel(ctx, { ...target, action, reason: 'cancelled by request' })));
    const failed = outcomes.find((outcome): outcome is PromiseRejectedResult => outcome.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const missing = outcomes.findIndex((outcome) => (outcome as PromiseFulfilledResult<CancelOutcome>).value === 'not-found');
    if (runIds != null && missing !== -1) throw runNotFound(runIds[missing] ?? '');
  }

  private async activeEverywhere(ctx: TenantContext, status: 'pending' | 'running' | 'all'): Promise<{ threadId: string; runId: string }[]> {
    const busy = await this.threads.search(ctx, { status: 'busy', limit: MAX_BULK });
    const found: { threadId: string; runId: string }[] = [];
    for (const { thread_id: threadId } of busy) {
      for (const run of await this.runs.activeRuns(ctx, threadId)) {
        if (status === 'all' || run.status === status) found.push({ threadId, runId: run.runId });
      }
    }
    return found;
  }
}

/** The one answer for runs that are missing or another tenant's. */
export function runNotFound(runId: string): HoldfastError {
  return new HoldfastError('NOT_FOUND', `Run with ID ${runId} not found.`);
}
