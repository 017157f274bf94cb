import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { NoticeBus } from '@holdfast/event-bus';
import { RunJournal, RunsRepository, type JournalNotice } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { TemporalLink } from '../connections/temporal-link';

/** Which run to cancel and how. */
export interface CancelRequest {
  readonly threadId: string;
  readonly runId: string;
  /** `rollback` also deletes the run and the states it made; `compensate` has its graph take back what it did outside. */
  readonly action: 'interrupt' | 'rollback' | 'compensate';
  /** Shown in `run.cancelled.v1`. */
  readonly reason: string;
}

/** `ended`: it is over now; `requested`: its workflow ends it; `finished`: it had ended before. */
export type CancelOutcome = 'ended' | 'requested' | 'finished' | 'not-found';

const CANCEL_TRIES = 4;
const CANCEL_PAUSE_MS = 50;

/** Ends runs: one that has not begun in the database, one that has through its workflow. */
@Injectable()
export class CancelService {
  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(RunJournal) private readonly journal: RunJournal,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(NoticeBus) private readonly notices: NoticeBus,
  ) {}

  /**
   * A run that has not begun has nothing to take back.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE or DEADLINE_EXCEEDED when a running run cannot be reached; CONFLICT when it cannot compensate
   */
  async cancel(ctx: TenantContext, request: CancelRequest): Promise<CancelOutcome> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const outcome = await this.cancelOnce(ctx, request);
        // The attempt before has rolled the run back.
        return outcome === 'not-found' && attempt > 1 && request.action === 'rollback' ? 'ended' : outcome;
      } catch (error) {
        // An Update is also refused when its workflow task fails for another reason (an activity that completed at the same moment);
        // the cancel may have happened then, and asking again tells.
        if (attempt >= CANCEL_TRIES || !isHoldfastError(error) || error.code !== 'DEPENDENCY_UNAVAILABLE') throw error;
        await sleep(CANCEL_PAUSE_MS * attempt);
      }
    }
  }

  private async cancelOnce(ctx: TenantContext, request: CancelRequest): Promise<CancelOutcome> {
    const { runId, threadId, action, reason } = request;
    const pending = await this.runs.cancelPending(ctx, { runId, threadId, reason, rollback: action === 'rollback' });
    this.publish(ctx, pending.notice);
    switch (pending.kind) {
      case 'cancelled':
        return 'ended';
      case 'terminal':
        return 'finished';
      case 'not-found':
        return 'not-found';
      case 'running': {
        const answer = await this.temporal.threads().cancelRun(ctx, threadId, { runId, action, reason });
        if (answer === 'no-compensation') throw new HoldfastError('CONFLICT', `Run ${runId} is on a build whose graph cannot take back what it did.`);
        if (answer === 'ends-without') throw new HoldfastError('CONFLICT', `Run ${runId} is being cancelled without compensation: ask again after its end.`);
        if (answer === 'accepted') return 'requested';
        if (action === 'compensate') throw new HoldfastError('DEPENDENCY_UNAVAILABLE', `Run ${runId} is not being driven now.`, { retryAfterMs: 1_000 });
        return this.endOrphan(ctx, request);
      }
    }
  }

  /**
   * A run that no workflow has (it was terminated, or Temporal was restored from a backup), or whose end comes before its rollback otherwise, is ended in
   * the database: a last commit of a workflow that is under way is fenced, or was first.
   */
  private async endOrphan(ctx: TenantContext, request: CancelRequest): Promise<CancelOutcome> {
    const { runId, threadId, action, reason } = request;
    const run = await this.runs.get(ctx, { runId, threadId });
    if (run === null) return 'not-found';
    const result = await this.journal.commitProgress(ctx, {
      tenantId: ctx.tenantId,
      threadId,
      runId,
      commit: run.last_commit + 1,
      events: [],
      checkpoints: [],
      end: { status: 'cancelled', steps: 0, reason, ...(action === 'rollback' ? { rollback: true } : {}) },
    });
    this.publish(ctx, result.notice);
    return result.kind === 'committed' ? 'ended' : 'finished';
  }

  private publish(ctx: TenantContext, notice: JournalNotice | null): void {
    if (notice !== null) this.notices.publish(ctx.tenantId, notice.runId, { seq: notice.seq, status: notice.status });
  }
}
