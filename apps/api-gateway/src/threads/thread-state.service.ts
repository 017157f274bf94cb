import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { NoticeBus } from '@holdfast/event-bus';
import { CheckpointsRepository, RunsRepository, ThreadsRepository, type ThreadRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { TemporalLink } from '../connections/temporal-link';
import { refuseGiven } from '../http/not-supported';
import { Hydrator } from '../streaming/hydrator';
import { threadNotFound } from './thread-errors';
import { EMPTY_STATE, checkpointRef, selectState, toThreadState, type StateSelect } from './thread-mapping';
import { beforeId, type Checkpoint, type CheckpointRef, type HistoryRequest, type StateUpdate, type ThreadState } from './threads.schema';

/** What threads hold, now and before. */
@Injectable()
export class ThreadStateService {
  constructor(
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
    @Inject(NoticeBus) private readonly notices: NoticeBus,
  ) {}

  /** The newest state, or that of a checkpoint. @throws HoldfastError NOT_FOUND */
  async get(ctx: TenantContext, threadId: string, { checkpointId, select }: { checkpointId?: string | undefined; select?: StateSelect }): Promise<ThreadState> {
    const row = await this.checkpoints.get(ctx, { threadId, checkpointId });
    // Selected first: the long texts of what nobody asked for stay where they are.
    if (row !== null) return this.hydrator.hydrate(ctx, selectState(toThreadState(row), select));
    await this.requireThread(ctx, threadId);
    if (checkpointId !== undefined) throw new HoldfastError('NOT_FOUND', `Checkpoint ${checkpointId} not found.`);
    return selectState(EMPTY_STATE, select);
  }

  /** @throws HoldfastError NOT_FOUND, NOT_SUPPORTED for a checkpoint of a sub-graph */
  getAt(ctx: TenantContext, threadId: string, ref: CheckpointRef | null | undefined, select?: StateSelect): Promise<ThreadState> {
    return this.get(ctx, threadId, { checkpointId: rootCheckpointId(ref), select });
  }

  /** Newest first, with the selected fields. @throws HoldfastError NOT_FOUND */
  async history(ctx: TenantContext, threadId: string, body: HistoryRequest): Promise<ThreadState[]> {
    await this.requireThread(ctx, threadId);
    const rows = await this.checkpoints.history(ctx, {
      threadId,
      limit: body.limit,
      beforeCheckpointId: beforeId(body.before),
      metadata: body.metadata ?? undefined,
      checkpointId: rootCheckpointId(body.checkpoint),
    });
    return this.hydrator.hydrate(
      ctx,
      rows.map((row) => selectState(toThreadState(row), body.select)),
    );
  }

  /**
   * Writes values as if a node had returned them.
   * @throws HoldfastError NOT_FOUND; THREAD_BUSY while a run is pending or running; CONFLICT when the thread never ran a graph
   */
  async update(ctx: TenantContext, threadId: string, body: StateUpdate): Promise<{ checkpoint: Checkpoint }> {
    if (Array.isArray(body.values)) refuseGiven({ values: body.values });
    const thread = await this.requireThread(ctx, threadId);
    const active = await this.runs.activeRuns(ctx, threadId);
    if (active[0] !== undefined) throw new HoldfastError('THREAD_BUSY', 'A run of this thread is in flight.', { details: { run_id: active[0].runId } });
    const graphId = thread.metadata['graph_id'];
    if (typeof graphId !== 'string') {
      throw new HoldfastError('CONFLICT', `Thread ${threadId} has no graph: create it with metadata.graph_id, or run an assistant on it first.`);
    }
    const checkpointId = rootCheckpointId(body.checkpoint) ?? body.checkpoint_id ?? undefined;
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

/** Sub-graphs keep no checkpoints of their own here. @throws HoldfastError NOT_SUPPORTED */
function rootCheckpointId(ref: CheckpointRef | null | undefined): string | undefined {
  refuseGiven({ 'checkpoint.checkpoint_ns': ref?.checkpoint_ns, 'checkpoint.checkpoint_map': mapOf(ref) });
  return ref?.checkpoint_id ?? undefined;
}

function mapOf(ref: CheckpointRef | null | undefined): unknown {
  return Object.keys(ref?.checkpoint_map ?? {}).length === 0 ? undefined : ref?.checkpoint_map;
}
