import { Inject, Injectable } from '@nestjs/common';
import { CheckpointsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { Hydrator } from '../streaming/hydrator';
import { toThreadState } from '../threads/thread-mapping';
import type { ThreadState } from '../threads/threads.schema';

/** The states that edits made, as the thread stream's mode `state_update` brings them. */
@Injectable()
export class EditedStates {
  constructor(
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
  ) {}

  /** Null when the state was pruned. */
  async get(ctx: TenantContext, threadId: string, checkpointId: string): Promise<{ thread_id: string; state: ThreadState } | null> {
    const row = await this.checkpoints.get(ctx, { threadId, checkpointId });
    return row === null ? null : { thread_id: threadId, state: await this.hydrator.hydrate(ctx, toThreadState(row)) };
  }
}
