import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { NoticeBus } from '@holdfast/event-bus';
import { CheckpointsRepository, RunsRepository, ThreadsRepository, type ThreadRow } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { TemporalLink } from '../connections/temporal-link';
import { refuseGiven, refuseSubGraph } from '../http/not-supported';
import { stepOf } from './sub-graph-mapping';
import { SubGraphStates } from './sub-graph-states.service';
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
    @Inject(SubGraphStates) private readonly subGraphs: SubGraphStates,
  ) {}

  /**
   * Writes values as if a node had returned them.
   * @throws HoldfastError NOT_FOUND; NOT_SUPPORTED for a checkpoint of a sub-graph where it does not stand any more; THREAD_BUSY while a run is pending or
   * running; CONFLICT when the thread never ran a graph, or the sub-graph went on from the checkpoint meanwhile
   */
  async update(ctx: TenantContext, threadId: string, body: StateUpdate): Promise<{ checkpoint: Checkpoint }> {
    if (Array.isArray(body.values)) refuseGiven({ values: body.values });
    const ns = body.checkpoint?.checkpoint_ns ?? '';
    if (ns === '') refuseSubGraph(body.checkpoint);
    const thread = await this.requireThread(ctx, threadId);
    const active = await this.runs.activeRuns(ctx, threadId);
    if (active[0] !== undefined) throw new HoldfastError('THREAD_BUSY', 'A run of this thread is in flight.', { details: { run_id: active[0].runId } });
    const graphId = thread.metadata['graph_id'];
    if (typeof graphId !== 'string') {
      throw new HoldfastError('CONFLICT', `Thread ${threadId} has no graph: create it with metadata.graph_id, or run an assistant on it first.`);
    }
    const checkpointId = body.checkpoint?.checkpoint_id ?? body.checkpoint_id ?? undefined;
    const written = { values: (body.values ?? null) as Record<string, unknown> | null, ...(body.as_node == null ? {} : { asNode: body.as_node }) };
    if (ns !== '') await this.requireStanding(ctx, threadId, ns, checkpointId);
    // Somebody else may edit until the thread takes this one: it compares again.
    const step = checkpointId === undefined ? undefined : stepOf(ns, checkpointId);
    const answer = await this.temporal.threads().editState(ctx, threadId, {
      commandId: uuidv7(),
      graphId,
      ...(ns === '' ? { ...written, ...(checkpointId === undefined ? {} : { checkpointId }) } : { subGraph: { ns, ...written, ...(step === undefined ? {} : { step }) } }),
    });
    // For viewers of the thread: an edit is in no run's journal.
    this.notices.publish(ctx.tenantId, threadId, { seq: 0 });
    if (ns === '') return { checkpoint: checkpointRef(threadId, answer.checkpointId) };
    const { checkpoint } = await this.subGraphs.get(ctx, threadId, { checkpoint_ns: ns });
    return { checkpoint: checkpoint ?? checkpointRef(threadId, answer.checkpointId) };
  }

  /** Merges into the metadata of the newest state. @throws HoldfastError NOT_FOUND */
  async patchMetadata(ctx: TenantContext, threadId: string, metadata: Record<string, unknown>): Promise<{ checkpoint: Checkpoint }> {
    const row = await this.checkpoints.patchMetadata(ctx, threadId, metadata);
    if (row !== null) return { checkpoint: checkpointRef(threadId, row.checkpoint_id) };
    await this.requireThread(ctx, threadId);
    throw new HoldfastError('NOT_FOUND', `Thread ${threadId} has no state yet.`);
  }

  /** Whether anything is left to run in the sub-graph, the graph knows. */
  private async requireStanding(ctx: TenantContext, threadId: string, ns: string, checkpointId: string | undefined): Promise<void> {
    const { checkpoint } = await this.subGraphs.get(ctx, threadId, { checkpoint_ns: ns });
    if (checkpointId === undefined || checkpointId.toLowerCase() === checkpoint?.checkpoint_id) return;
    const message = 'is not where the sub-graph stands: only there its state can be edited; leave checkpoint_id away';
    throw new HoldfastError('NOT_SUPPORTED', `checkpoint.checkpoint_id ${message}`, { fields: [{ path: 'checkpoint.checkpoint_id', message }] });
  }

  private async requireThread(ctx: TenantContext, threadId: string): Promise<ThreadRow> {
    const row = await this.threads.get(ctx, threadId);
    if (row === null) throw threadNotFound(threadId);
    return row;
  }
}
