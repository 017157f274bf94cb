import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import {
  CheckpointsRepository,
  SubGraphStatesRepository,
  type CheckpointRow,
  type SubGraphRow,
  type TaskSnapshotRow,
  type ToldState,
  type ToldStatesQuery,
} from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { namespaceOf, newerOf, placeOf, stepOf, storedAt, toSubGraphState, type SubGraphs } from './sub-graph-mapping';
import { EMPTY_STATE } from './thread-mapping';
import type { CheckpointRef, ThreadState } from './threads.schema';

/** Most sub-graphs whose states come with one of the graph above them; of others the tasks keep the address. */
const MOST_SUB_GRAPHS = 100;

/** Most levels of them; one more costs one more query. */
const MOST_LEVELS = 10;

/** A checkpoint of a sub-graph as callers name it; without an id the newest. */
export type SubGraphRef = CheckpointRef & { readonly checkpoint_ns: string };

/** Which states of a sub-graph; see `HistoryQuery`. */
export interface SubGraphHistory {
  readonly limit: number;
  readonly before: string | undefined;
  readonly metadata: Record<string, unknown> | undefined;
}

/** A sub-graph with the newest root checkpoint from which it was executed, or the one that the caller names. */
interface Place {
  readonly ns: string;
  readonly root: CheckpointRow;
}

/**
 * States of sub-graphs. A run that stops stores where they stand with its checkpoint; every step before is in the journal of the runs, as long as that is
 * kept, and not in copies of the thread.
 */
@Injectable()
export class SubGraphStates {
  constructor(
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(SubGraphStatesRepository) private readonly journal: SubGraphStatesRepository,
  ) {}

  /** Where the sub-graphs stand that a root checkpoint's tasks are, and those below them. */
  async below(ctx: TenantContext, root: CheckpointRow, tasks: readonly TaskSnapshotRow[] = root.tasks): Promise<SubGraphs> {
    const found = new Map<string, SubGraphRow | null>();
    let open = subGraphsOf(tasks);
    for (let level = 0; level < MOST_LEVELS && open.length > 0; level += 1) {
      const asked = open.slice(0, MOST_SUB_GRAPHS - found.size);
      const states = await this.told(ctx, root, asked.map(({ ns }) => ns), { newestOnly: true });
      const told = new Map(states.map(({ namespace, state }) => [namespace.join('|'), state]));
      open = [];
      for (const { ns, task } of asked) {
        const row = newerOf(task.subgraph, told.get(ns));
        found.set(ns, row ?? null);
        open.push(...subGraphsOf(row?.tasks ?? []));
      }
    }
    return found;
  }

  /** @throws HoldfastError NOT_FOUND; INVALID_ARGUMENT for what names no sub-graph */
  async get(ctx: TenantContext, threadId: string, ref: SubGraphRef, subgraphs = false): Promise<ThreadState> {
    const { ns, root } = (await this.place(ctx, threadId, ref)) ?? refuse(ref);
    const id = ref.checkpoint_id ?? undefined;
    const step = id === undefined ? undefined : (stepOf(ns, id) ?? refuse(ref));
    const [told] = await this.told(ctx, root, [ns], step === undefined ? { newestOnly: true } : { step });
    const stored = storedAt(root.tasks, ns);
    const row = newerOf(step === undefined || step === stored?.metadata.step ? stored : undefined, told?.state);
    if (row !== undefined) return toSubGraphState(root, ns, row, subgraphs ? await this.below(ctx, root, row.tasks) : undefined);
    // As LangGraph shows a sub-graph that has not begun.
    if (step === undefined && root.tasks.some((task) => namespaceOf(task) === ns)) return EMPTY_STATE;
    return refuse(ref);
  }

  /** Newest first; none of a sub-graph that is not known. @throws HoldfastError INVALID_ARGUMENT for what names no sub-graph */
  async history(ctx: TenantContext, threadId: string, ref: SubGraphRef, { limit, before, metadata }: SubGraphHistory): Promise<ThreadState[]> {
    const place = await this.place(ctx, threadId, ref);
    if (place === null) return [];
    const { ns, root } = place;
    const id = ref.checkpoint_id ?? undefined;
    const [step, beforeStep] = [id, before].map((named) => (named === undefined ? undefined : stepOf(ns, named)));
    if ((id !== undefined && step === undefined) || (before !== undefined && beforeStep === undefined)) return [];
    const told = await this.told(ctx, root, [ns], { limit, step, beforeStep, metadata });
    const stored = storedAt(root.tasks, ns);
    const isAsked = ({ metadata: { step: at } }: SubGraphRow): boolean => (step ?? at) === at && at < (beforeStep ?? Infinity) && metadata === undefined;
    const rows = told.map(({ state }) => atSameStep(stored, state) ?? state);
    // Without a journal, in a copy of the thread, say; or an edit, of which no run has told yet.
    if (stored !== undefined && isAsked(stored) && !rows.includes(stored) && newerOf(stored, rows[0]) === stored) rows.unshift(stored);
    return rows.slice(0, limit).map((row) => toSubGraphState(root, ns, row));
  }

  /** Null for a sub-graph that the thread does not have. */
  private async place(ctx: TenantContext, threadId: string, ref: SubGraphRef): Promise<Place | null> {
    const { checkpoint_ns: ns, checkpoint_map: map } = ref;
    const named = placeOf(ns);
    if (named === undefined) {
      const message = 'names no sub-graph: tasks[].checkpoint of a state has it, <node>:<task id>';
      throw new HoldfastError('INVALID_ARGUMENT', `checkpoint.checkpoint_ns ${message}`, { fields: [{ path: 'checkpoint.checkpoint_ns', message }] });
    }
    const rootId = map?.[''];
    const root = await this.checkpoints.get(ctx, { threadId, taskId: named.taskId, checkpointId: typeof rootId === 'string' ? rootId : undefined });
    return root === null ? null : { ns, root };
  }

  private async told(
    ctx: TenantContext,
    { thread_id: threadId, checkpoint_id: checkpointId }: CheckpointRow,
    namespaces: readonly string[],
    which: Omit<ToldStatesQuery, 'threadId' | 'checkpointId' | 'taskId' | 'namespaces'>,
  ): Promise<ToldState[]> {
    const places = namespaces.flatMap((ns) => placeOf(ns) ?? []);
    // Tasks of one checkpoint are executed together.
    const taskId = places[0]?.taskId;
    return taskId === undefined ? [] : this.journal.told(ctx, { threadId, checkpointId, taskId, namespaces: places.map(({ path }) => path), ...which });
  }
}

function subGraphsOf(tasks: readonly TaskSnapshotRow[]): { ns: string; task: TaskSnapshotRow }[] {
  return tasks.flatMap((task) => {
    const ns = namespaceOf(task);
    return ns === undefined ? [] : [{ ns, task }];
  });
}

function atSameStep(stored: SubGraphRow | undefined, told: SubGraphRow): SubGraphRow | undefined {
  return stored?.metadata.step === told.metadata.step ? stored : undefined;
}

function refuse({ checkpoint_ns: ns, checkpoint_id: id }: SubGraphRef): never {
  throw new HoldfastError('NOT_FOUND', id == null ? `The thread has no state of sub-graph ${ns}.` : `Checkpoint ${id} of sub-graph ${ns} not found.`);
}
