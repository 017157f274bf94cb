import { Inject, Injectable } from '@nestjs/common';
import { CheckpointsRepository, type RunRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { Hydrator } from './hydrator';
import { readPatiently } from './patient-read';
import { RunFollower } from './run-follower';
import { NO_OUTCOME, foldOutcome } from './run-outcome';

/** What `wait` and `join` answer with. */
@Injectable()
export class RunResultService {
  constructor(
    @Inject(RunFollower) private readonly follower: RunFollower,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
  ) {}

  /**
   * Waits for the end of the run. The last values; with `__interrupt__` when it stopped at a question; `{__error__}` when it failed.
   * Undefined when the signal fired first.
   */
  async result(ctx: TenantContext, run: Pick<RunRow, 'run_id' | 'thread_id'>, signal: AbortSignal): Promise<Record<string, unknown> | undefined> {
    let outcome = NO_OUTCOME;
    for await (const happening of this.follower.follow(ctx, run.run_id, { tokens: false, onlyEnd: true }, signal)) {
      if (happening.kind === 'row') outcome = foldOutcome(outcome, happening.row);
    }
    if (signal.aborted) return undefined;
    if (outcome.error !== null) return { __error__: outcome.error };
    const values = await readPatiently(() => this.values(ctx, run.thread_id, outcome.checkpointId), signal);
    if (values === undefined) return undefined;
    if (outcome.interrupts === null) return values;
    const interrupts = await readPatiently(() => this.hydrator.hydrate(ctx, outcome.interrupts), signal);
    return interrupts === undefined ? undefined : { ...values, __interrupt__: interrupts };
  }

  /** Those of the thread when the run left none: it was cancelled before it began, or rolled back. Never null: SDKs look into it. */
  private async values(ctx: TenantContext, threadId: string, checkpointId: string | null): Promise<Record<string, unknown>> {
    const own = checkpointId === null ? null : await this.checkpoints.get(ctx, { threadId, checkpointId });
    const state = own ?? (await this.checkpoints.get(ctx, { threadId }));
    return this.hydrator.hydrate(ctx, state?.values ?? {});
  }

  /** Resolves when the run has ended; false when the signal fired first. */
  async ended(ctx: TenantContext, runId: string, signal: AbortSignal): Promise<boolean> {
    for await (const happening of this.follower.follow(ctx, runId, { tokens: false, onlyEnd: true }, signal)) void happening;
    return !signal.aborted;
  }
}
