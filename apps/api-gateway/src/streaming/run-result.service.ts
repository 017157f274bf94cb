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
   * Waits for the end of the run. The last values; with `__interrupt__` when it stopped at a question; `{__error__}` when it failed;
   * null when it made no state. Undefined when the signal fired first.
   */
  async result(ctx: TenantContext, run: Pick<RunRow, 'run_id' | 'thread_id'>, signal: AbortSignal): Promise<unknown> {
    let outcome = NO_OUTCOME;
    for await (const happening of this.follower.follow(ctx, run.run_id, { tokens: false, onlyEnd: true }, signal)) {
      if (happening.kind === 'row') outcome = foldOutcome(outcome, happening.row);
    }
    if (signal.aborted) return undefined;
    if (outcome.error !== null) return { __error__: outcome.error };
    const { checkpointId } = outcome;
    const state = await readPatiently(
      () => (checkpointId === null ? Promise.resolve(null) : this.checkpoints.get(ctx, { threadId: run.thread_id, checkpointId })),
      signal,
    );
    if (state === undefined) return undefined;
    const values = await readPatiently(() => this.hydrator.hydrate(ctx, state?.values ?? null), signal);
    if (outcome.interrupts === null) return values;
    const interrupts = await readPatiently(() => this.hydrator.hydrate(ctx, outcome.interrupts), signal);
    return { ...values, __interrupt__: interrupts };
  }

  /** Resolves when the run has ended; false when the signal fired first. */
  async ended(ctx: TenantContext, runId: string, signal: AbortSignal): Promise<boolean> {
    for await (const happening of this.follower.follow(ctx, runId, { tokens: false, onlyEnd: true }, signal)) void happening;
    return !signal.aborted;
  }
}
