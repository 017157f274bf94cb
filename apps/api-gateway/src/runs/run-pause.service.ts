import { Inject, Injectable } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { requireOperator } from '../auth/require-operator';
import { TemporalLink } from '../connections/temporal-link';
import { BOUNDARY_WAIT_MS, DrivenRuns, type RunPlace } from './driven-runs';
import type { PausedRun } from './operations.schema';

/** Lets runs stand still and go on. The journal of the run says who did it. */
@Injectable()
export class RunPauseService {
  constructor(
    @Inject(DrivenRuns) private readonly driven: DrivenRuns,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
  ) {}

  /** A run that stands still already stays so. @throws HoldfastError PERMISSION_DENIED, NOT_FOUND; CONFLICT when the run has ended or not begun */
  async pause(ctx: TenantContext, place: RunPlace, reason: string | undefined): Promise<PausedRun> {
    requireOperator(ctx);
    const command = { ...this.command(ctx, place), ...(reason === undefined ? {} : { reason }) };
    const answer = await this.driven.ask(ctx, place, (asking) => this.temporal.threads().pauseRun(asking, place.threadId, command, BOUNDARY_WAIT_MS));
    return { run_id: place.runId, thread_id: place.threadId, status: answer === 'waiting' ? 'pausing' : answer };
  }

  /** A run that does not stand still stays as it is. @throws as {@link pause} does */
  async resume(ctx: TenantContext, place: RunPlace): Promise<PausedRun> {
    requireOperator(ctx);
    const command = this.command(ctx, place);
    await this.driven.ask(ctx, place, (asking) => this.temporal.threads().resumeRun(asking, place.threadId, command, BOUNDARY_WAIT_MS));
    return { run_id: place.runId, thread_id: place.threadId, status: 'running' };
  }

  private command({ principalId }: TenantContext, { runId }: RunPlace): { commandId: string; runId: string; by: string } {
    return { commandId: uuidv7(), runId, by: principalId };
  }
}
