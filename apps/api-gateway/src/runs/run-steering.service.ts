import { Inject, Injectable } from '@nestjs/common';
import { CheckpointsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { TemporalLink } from '../connections/temporal-link';
import { BOUNDARY_WAIT_MS, DrivenRuns, type RunPlace } from './driven-runs';
import type { InjectedInput, injectInputSchema } from './runs.schema';

/** What to put into which run. */
export interface Injection extends RunPlace {
  readonly body: z.infer<typeof injectInputSchema>;
  /** A repeat has the same one. Default: no repeat of anything. */
  readonly key?: string;
}

/** Steers runs that are running. */
@Injectable()
export class RunSteeringService {
  constructor(
    @Inject(DrivenRuns) private readonly driven: DrivenRuns,
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
    const checkpointId = await this.driven.ask<string | 'waiting'>(
      ctx,
      { threadId, runId },
      async (asking) => {
        const answer = await this.temporal.threads().injectInput(asking, threadId, command, BOUNDARY_WAIT_MS);
        return typeof answer === 'string' ? answer : answer.checkpointId;
      },
      async () => (key === undefined ? undefined : this.checkpointOf(ctx, threadId, command.commandId)),
    );
    const waits = checkpointId === 'waiting';
    return { run_id: runId, thread_id: threadId, status: waits ? 'waiting' : 'applied', checkpoint_id: waits ? null : checkpointId };
  }

  /** A repeat can come when the run that has taken the command is over. */
  private async checkpointOf(ctx: TenantContext, threadId: string, commandId: string): Promise<string | undefined> {
    const [row] = await this.checkpoints.history(ctx, { threadId, limit: 1, metadata: { injected: [commandId] } });
    return row?.checkpoint_id;
  }
}
