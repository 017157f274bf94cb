import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { isTerminal } from '@holdfast/contracts/runs';
import { RunsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { runNotFound } from './run-not-found';

/** Names a run in a request. */
export interface RunPlace {
  readonly threadId: string;
  readonly runId: string;
}

/** How long a request waits for a superstep boundary, milliseconds. */
export const BOUNDARY_WAIT_MS = 20_000;

/** Between two executions of the thread's workflow nobody takes a command; the next one begins at once. */
const TRIES = 5;
const PAUSE_MS = 100;

/** Commands to runs that are being driven. */
@Injectable()
export class DrivenRuns {
  constructor(@Inject(RunsRepository) private readonly runs: RunsRepository) {}

  /**
   * Sends a command until the run has taken it.
   * @param send asks the run's workflow once, with a request id of its own; `not-found` when none is open
   * @param known the answer to an earlier sending of the same command, when there is one
   * @throws HoldfastError NOT_FOUND; CONFLICT when the run has ended or not begun; what the workflow answers
   */
  async ask<A>(ctx: TenantContext, place: RunPlace, send: (ctx: TenantContext) => Promise<A | 'not-found'>, known?: () => Promise<A | undefined>): Promise<A> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.requireRunning(ctx, place);
        const answer = await send({ ...ctx, requestId: `${ctx.requestId}:${tries}` });
        if (answer !== 'not-found') return answer;
        // Its workflow is gone while its row says that it runs: it is being delivered anew, or has just ended.
        if (tries === TRIES) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', `Run ${place.runId} is not being driven now.`, { retryAfterMs: 1_000 });
      } catch (error) {
        const earlier = await known?.();
        if (earlier !== undefined) return earlier;
        if (tries === TRIES || !isHoldfastError(error) || error.code !== 'DEPENDENCY_UNAVAILABLE') throw error;
      }
      await sleep(PAUSE_MS * tries);
    }
  }

  private async requireRunning(ctx: TenantContext, place: RunPlace): Promise<void> {
    const run = await this.runs.get(ctx, place);
    if (run === null) throw runNotFound(place.runId);
    if (isTerminal(run.status)) throw new HoldfastError('CONFLICT', `Run ${place.runId} has ended with status ${run.status}: start a new one.`);
    if (run.status === 'pending') throw new HoldfastError('CONFLICT', `Run ${place.runId} has not begun.`);
  }
}
