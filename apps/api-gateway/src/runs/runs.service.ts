import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { RunsRepository, ThreadsRepository, type RunRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { CancelService, type CancelRequest } from '../delivery/cancel.service';
import { pick } from '../http/pagination';
import { mapBounded } from '../rounds/map-bounded';
import { Hydrator } from '../streaming/hydrator';
import { threadNotFound } from '../threads/thread-errors';
import { type Cancelled, RunCompensationService } from './run-compensation.service';
import { toRun } from './run-mapping';
import { runNotFound } from './run-not-found';
import type { BulkCancel, Run, RunListQuery } from './runs.schema';

/** Busy threads looked at together by a cancel of all. */
const THREADS_PAGE = 1_000;
/** How often a cancel of all goes through the busy threads: each time finds what the time before slipped past. */
const MAX_PASSES = 20;

/** Runs that exist. */
@Injectable()
export class RunsService {
  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(CancelService) private readonly cancels: CancelService,
    @Inject(RunCompensationService) private readonly compensations: RunCompensationService,
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

  /** Rows as clients see them, with one look for the long texts of all. */
  showAll(ctx: TenantContext, rows: readonly RunRow[]): Promise<Run[]> {
    return this.hydrator.hydrate(ctx, rows.map(toRun));
  }

  /** Newest first, with the selected fields. @throws HoldfastError NOT_FOUND */
  async list(ctx: TenantContext, threadId: string, query: RunListQuery): Promise<Partial<Run>[]> {
    const { select, ...page } = query;
    const rows = await this.runs.list(ctx, { threadId, ...page });
    if (rows.length === 0 && (await this.threads.get(ctx, threadId)) === null) throw threadNotFound(threadId);
    // Before the long texts come in: most are in `kwargs`, which few ask for.
    return this.hydrator.hydrate(
      ctx,
      rows.map((row) => pick(toRun(row), select)),
    );
  }

  /** @throws HoldfastError NOT_FOUND; THREAD_BUSY while it is pending or running */
  async delete(ctx: TenantContext, query: { threadId: string; runId: string }): Promise<void> {
    const outcome = await this.runs.delete(ctx, query);
    if (outcome === 'not-found') throw runNotFound(query.runId);
    if (outcome === 'active') throw new HoldfastError('THREAD_BUSY', 'The run is in flight: cancel it first.', { details: { run_id: query.runId } });
  }

  /**
   * Cancels a run; one that has ended already stays as it is, except that what it did may be taken back.
   * @throws HoldfastError NOT_FOUND; what {@link RunCompensationService.cancel} throws
   */
  async cancel(ctx: TenantContext, request: CancelRequest): Promise<Cancelled> {
    const { action, reason, ...place } = request;
    const cancelled = action === 'compensate' ? await this.compensations.cancel(ctx, place, reason) : { outcome: await this.cancels.cancel(ctx, request) };
    if (cancelled.outcome === 'not-found') throw runNotFound(request.runId);
    return cancelled;
  }

  /**
   * Cancels several: all are tried, also when one fails.
   * @throws HoldfastError NOT_FOUND when one of the named runs is not there; what {@link cancel} throws
   */
  async cancelMany(ctx: TenantContext, body: BulkCancel, action: CancelRequest['action']): Promise<void> {
    const { thread_id: threadId, run_ids: runIds } = body;
    const reason = 'cancelled by request';
    if (threadId != null && runIds != null) {
      await mapBounded(runIds, (runId) => this.cancel(ctx, { threadId, runId, action, reason }));
      return;
    }
    await this.eachBusyThread(ctx, async (busyId) => {
      const active = (await this.runs.activeRuns(ctx, busyId)).filter((run) => body.status === 'all' || run.status === body.status);
      // The last first: none of those that wait begins because the one before it has ended.
      for (const { runId } of active.reverse()) await this.cancel(ctx, { threadId: busyId, runId, action, reason }).catch(goneMeanwhile);
    });
  }

  /**
   * Works on every busy thread once. Threads that become idle meanwhile move those behind them to pages that were read already:
   * hence it goes through them again until it finds none that is new.
   */
  private async eachBusyThread(ctx: TenantContext, work: (threadId: string) => Promise<void>): Promise<void> {
    const seen = new Set<string>();
    for (let pass = 0, pages = 2; pass < MAX_PASSES && pages > 1; pass += 1) {
      const before = seen.size;
      pages = 0;
      for (let length = THREADS_PAGE; length === THREADS_PAGE; pages += 1) {
        const page = await this.threads.search(ctx, { status: 'busy', sortBy: 'thread_id', sortOrder: 'asc', limit: THREADS_PAGE, offset: pages * THREADS_PAGE });
        const fresh = page.map((row) => row.thread_id).filter((id) => !seen.has(id));
        for (const id of fresh) seen.add(id);
        await mapBounded(fresh, work);
        length = page.length;
      }
      if (seen.size === before) return;
    }
  }
}

/** Of a run that was found active: rolled back or deleted since. */
function goneMeanwhile(error: unknown): void {
  if (!isHoldfastError(error) || error.code !== 'NOT_FOUND') throw error;
}
