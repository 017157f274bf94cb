import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { isTerminal } from '@holdfast/contracts/runs';
import { CheckpointsRepository, RunsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { TemporalLink } from '../connections/temporal-link';
import type { InjectedInput, injectInputSchema } from './runs.schema';
import { runNotFound } from './runs.service';

/** What to put into which run. */
export interface Injection {
  readonly threadId: string;
  readonly runId: string;
  readonly body: z.infer<typeof injectInputSchema>;
  /** A repeat has the same one. Default: no repeat of anything. */
  readonly key?: string;
}

/** How long a request waits for a superstep boundary. */
const WAIT_MS = 20_000;
/** Between two executions of the thread's workflow nobody takes an input; the next one begins at once. */
const TRIES = 5;
const PAUSE_MS = 100;

/** Steers runs that are running. */
@Injectable()
export class RunSteeringService {
  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
  ) {}

  /**
   * Puts values into a run, from its next superstep on.
   * @throws HoldfastError NOT_FOUND; CONFLICT when the run has ended or not begun; INVALID_ARGUMENT when its graph refuses the values
   */
  async inject(ctx: TenantContext, { threadId, runId, body, key }: Injection): Promise<InjectedInput> {
    const values = body.values ?? { messages: body.messages };
    const command = { commandId: `${runId}/${key ?? uuidv7()}`, runId, values };
    for (let tries = 1; ; tries += 1) {
      try {
        await this.requireRunning(ctx, threadId, runId);
        const requestId = `${ctx.requestId}:${tries}`;
        const answer = await this.temporal.threads().injectInput({ ...ctx, requestId }, threadId, command, WAIT_MS);
        if (answer === 'waiting') return { run_id: runId, thread_id: threadId, status: 'waiting', checkpoint_id: null };
        if (answer !== 'not-found') return appliedIn(threadId, runId, answer.checkpointId);
        // Its workflow is gone while its row says that it runs: it is being delivered anew, or has just ended.
        if (tries === TRIES) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', `Run ${runId} is not being driven now.`, { retryAfterMs: 1_000 });
      } catch (error) {
        const known = key === undefined ? undefined : await this.checkpointOf(ctx, threadId, command.commandId);
        if (known !== undefined) return appliedIn(threadId, runId, known);
        if (tries === TRIES || !isHoldfastError(error) || error.code !== 'DEPENDENCY_UNAVAILABLE') throw error;
      }
      await sleep(PAUSE_MS * tries);
    }
  }

  /** A repeat can come when the run that has taken the command is over. */
  private async checkpointOf(ctx: TenantContext, threadId: string, commandId: string): Promise<string | undefined> {
    const [row] = await this.checkpoints.history(ctx, { threadId, limit: 1, metadata: { injected: [commandId] } });
    return row?.checkpoint_id;
  }

  private async requireRunning(ctx: TenantContext, threadId: string, runId: string): Promise<void> {
    const run = await this.runs.get(ctx, { threadId, runId });
    if (run === null) throw runNotFound(runId);
    if (isTerminal(run.status)) throw new HoldfastError('CONFLICT', `Run ${runId} has ended with status ${run.status}: start a new one.`);
    if (run.status === 'pending') throw new HoldfastError('CONFLICT', `Run ${runId} has not begun.`);
  }
}

function appliedIn(threadId: string, runId: string, checkpointId: string): InjectedInput {
  return { run_id: runId, thread_id: threadId, status: 'applied', checkpoint_id: checkpointId };
}
