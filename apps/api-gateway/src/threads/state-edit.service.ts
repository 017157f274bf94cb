import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { NoticeBus } from '@holdfast/event-bus';
import { CheckpointsRepository, RunsRepository, ThreadsRepository, type ThreadRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { TemporalLink } from '../connections/temporal-link';
import { refuseGiven, refuseSubGraph } from '../http/not-supported';
import { threadNotFound } from './thread-errors';
import { checkpointRef } from './thread-mapping';
import type { Checkpoint, StateUpdate } from './threads.schema';

/** What people change in the state of a thread, between its runs. */
@Injectable()
export class StateEditService {
  constructor(
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(NoticeBus) private readonly notices: NoticeBus,
  ) {}

  /**
   * Writes values as if a node had returned them.
   * @throws HoldfastError NOT_FOUND; NOT_SUPPORTED for a checkpoint of a sub-graph; THREAD_BUSY while a run is pending or running; CONFLICT when the thread
   * never ran a graph
   */
  async update(ctx: TenantContext, threadId: string, body: StateUpdate): Promise<{ checkpoint: Checkpoint }> {
    if (Array.isArray(body.values)) refuseGiven({ values: body.values });
    refuseSubGraph(body.checkpoint);
    const thread = await this.requireThread(ctx, threadId);
    const active = await this.runs.activeRuns(ctx, threadId);
    if (active[0] !== undefined) throw new HoldfastError('THREAD_BUSY', 'A run of this thread is in flight.', { details: { run_id: active[0].runId } });
    const graphId = thread.metadata['graph_id'];
    if (typeof graphId !== 'string') {
      throw new HoldfastError('CONFLICT', `Thread ${threadId} has no graph: create it with metadata.graph_id, or run an assistant on it first.`);
    }
    const checkpointId = body.checkpoint?.checkpoint_id ?? body.checkpoint_id ?? undefined;
    const answer = await this.temporal.threads().editState(ctx, threadId, {
      commandId: uuidv7(),
      graphId,
      values: (body.values ?? null) as Record<string, unknown> | null,
      ...(body.as_node == null ? {} : { asNode: body.as_node }),
      ...(checkpointId === undefined ? {} : { checkpointId }),
    });
    // For viewers of the thread: an edit is in no run's journal.
    this.notices.publish(ctx.tenantId, threadId, { seq: 0 });
    return { checkpoint: checkpointRef(threadId, answer.checkpointId) };
  }

  /** Merges into the metadata of the newest state. @throws HoldfastError NOT_FOUND */
  async patchMetadata(ctx: TenantContext, threadId: string, metadata: Record<string, unknown>): Promise<{ checkpoint: Checkpoint }> {
    const row = await this.checkpoints.patchMetadata(ctx, threadId, metadata);
    if (row !== null) return { checkpoint: checkpointRef(threadId, row.checkpoint_id) };
    await this.requireThread(ctx, threadId);
    throw new HoldfastError('NOT_FOUND', `Thread ${threadId} has no state yet.`);
  }

  private async requireThread(ctx: TenantContext, threadId: string): Promise<ThreadRow> {
    const row = await this.threads.get(ctx, threadId);
    if (row === null) throw threadNotFound(threadId);
    return row;
  }
}
