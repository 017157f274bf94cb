import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { CheckpointsRepository, ThreadsRepository } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { refuseSubGraph } from '../http/not-supported';
import { Hydrator } from '../streaming/hydrator';
import { toTasks } from './sub-graph-mapping';
import { SubGraphStates } from './sub-graph-states.service';
import { threadNotFound } from './thread-errors';
import { EMPTY_STATE, selectState, toThreadState, type StateSelect } from './thread-mapping';
import { beforeId, type CheckpointRef, type HistoryRequest, type ThreadState } from './threads.schema';

/** How a state is to be shown. */
export interface StateView {
  readonly select?: StateSelect;
  /** With the states of the sub-graphs that its tasks are. */
  readonly subgraphs?: boolean | null | undefined;
}

/** What threads hold, now and before. */
@Injectable()
export class ThreadStateService {
  constructor(
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(SubGraphStates) private readonly subGraphs: SubGraphStates,
    @Inject(Hydrator) private readonly hydrator: Hydrator,
  ) {}

  /** The newest state, or that of a checkpoint. @throws HoldfastError NOT_FOUND */
  async get(ctx: TenantContext, threadId: string, { checkpointId, ...view }: StateView & { readonly checkpointId?: string | undefined }): Promise<ThreadState> {
    const row = await this.checkpoints.get(ctx, { threadId, checkpointId });
    if (row !== null) {
      const below = wantsSubGraphs(view) ? await this.subGraphs.below(ctx, row) : undefined;
      return this.show(ctx, { ...toThreadState(row), tasks: toTasks(row, row.tasks, below) }, view);
    }
    await this.requireThread(ctx, threadId);
    if (checkpointId !== undefined) throw new HoldfastError('NOT_FOUND', `Checkpoint ${checkpointId} not found.`);
    return selectState(EMPTY_STATE, view.select);
  }

  /** The state of a checkpoint, also of a sub-graph. @throws HoldfastError NOT_FOUND; INVALID_ARGUMENT for what names no sub-graph */
  async getAt(ctx: TenantContext, threadId: string, ref: CheckpointRef | null | undefined, view: StateView): Promise<ThreadState> {
    if (!ref?.checkpoint_ns) {
      refuseSubGraph(ref);
      return this.get(ctx, threadId, { ...view, checkpointId: ref?.checkpoint_id ?? undefined });
    }
    await this.requireThread(ctx, threadId);
    return this.show(ctx, await this.subGraphs.get(ctx, threadId, { ...ref, checkpoint_ns: ref.checkpoint_ns }, wantsSubGraphs(view)), view);
  }

  /** Newest first, with the selected fields. @throws HoldfastError NOT_FOUND; INVALID_ARGUMENT for what names no sub-graph */
  async history(ctx: TenantContext, threadId: string, body: HistoryRequest): Promise<ThreadState[]> {
    await this.requireThread(ctx, threadId);
    const { limit, checkpoint: ref } = body;
    const [before, metadata] = [beforeId(body.before), body.metadata ?? undefined];
    if (ref?.checkpoint_ns) {
      const states = await this.subGraphs.history(ctx, threadId, { ...ref, checkpoint_ns: ref.checkpoint_ns }, { limit, before, metadata });
      return this.show(ctx, states, body);
    }
    refuseSubGraph(ref);
    const checkpointId = ref?.checkpoint_id ?? undefined;
    const rows = await this.checkpoints.history(ctx, { threadId, limit, beforeCheckpointId: before, metadata, checkpointId });
    return this.show(ctx, rows.map(toThreadState), body);
  }

  private show(ctx: TenantContext, state: ThreadState, view: StateView): Promise<ThreadState>;
  private show(ctx: TenantContext, states: ThreadState[], view: StateView): Promise<ThreadState[]>;
  /** Selected first: the long texts of what nobody asked for stay where they are. */
  private show(ctx: TenantContext, shown: ThreadState | ThreadState[], { select }: StateView): Promise<ThreadState | ThreadState[]> {
    return this.hydrator.hydrate(ctx, Array.isArray(shown) ? shown.map((state) => selectState(state, select)) : selectState(shown, select));
  }

  private async requireThread(ctx: TenantContext, threadId: string): Promise<void> {
    if ((await this.threads.get(ctx, threadId)) === null) throw threadNotFound(threadId);
  }
}

function wantsSubGraphs({ subgraphs, select }: StateView): boolean {
  return subgraphs === true && (select == null || select.length === 0 || select.includes('tasks'));
}
