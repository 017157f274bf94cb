import { createHash } from 'node:crypto';
import type { CheckpointRow, SubGraphRow, TaskSnapshotRow } from '@holdfast/persistence';
import { EMPTY_STATE, interruptsOf, toTask } from './thread-mapping';
import type { Checkpoint, ThreadState } from './threads.schema';

/** A root checkpoint from which sub-graphs are executed. */
export type RootRef = Pick<CheckpointRow, 'thread_id' | 'checkpoint_id'>;

/** Where sub-graphs stand, by namespace; null for one that has not begun. */
export type SubGraphs = ReadonlyMap<string, SubGraphRow | null>;

/**
 * Id of the checkpoint of a step of a sub-graph: a UUID of its namespace and the step, which together name it. LangGraph's own ids of sub-graphs are not
 * in the journal: parallel ones would get others when a workflow task is executed again, and their frames would be told twice.
 */
export function checkpointIdOf(ns: string, step: number): string {
  const place = createHash('sha256').update(ns).digest('hex');
  // Steps begin at -1.
  const count = (step + 1).toString(16).padStart(12, '0');
  return `${place.slice(0, 8)}-${place.slice(8, 12)}-8${place.slice(12, 15)}-8${place.slice(15, 18)}-${count}`;
}

/** The step of a {@link checkpointIdOf}; undefined when the id is none of this namespace. */
export function stepOf(ns: string, checkpointId: string): number | undefined {
  const step = Number.parseInt(checkpointId.slice(-12), 16) - 1;
  return checkpointIdOf(ns, step) === checkpointId.toLowerCase() ? step : undefined;
}

/** A namespace as callers name it, `research:<task id>|think:<task id>`, with the task of the root graph that it is below; undefined for another text. */
export function placeOf(ns: string): { readonly path: readonly string[]; readonly taskId: string } | undefined {
  const path = ns.split('|');
  const taskId = /^[^:]+:([^:]+)$/.exec(path[0] ?? '')?.[1];
  return taskId === undefined ? undefined : { path, taskId };
}

/** The namespace of a task that is a sub-graph. */
export function namespaceOf(task: TaskSnapshotRow): string | undefined {
  return task.state?.configurable.checkpoint_ns;
}

/** What a stored checkpoint tells of a sub-graph. */
export function storedAt(tasks: readonly TaskSnapshotRow[], ns: string): SubGraphRow | undefined {
  for (const task of tasks) {
    const at = namespaceOf(task);
    if (at === ns) return task.subgraph;
    if (at !== undefined && ns.startsWith(`${at}|`)) return storedAt(task.subgraph?.tasks ?? [], ns);
  }
  return undefined;
}

/**
 * The newer of what the checkpoint and the journal tell of a sub-graph. Every step is told before the run stops, so that another step than the stored
 * one was told since; of the same one the checkpoint knows what joined it: questions, errors. Of an edit only the checkpoint tells, until a run goes on.
 */
export function newerOf(stored: SubGraphRow | undefined, told: SubGraphRow | undefined): SubGraphRow | undefined {
  if (stored === undefined || told === undefined) return stored ?? told;
  const isEdit = stored.metadata['source'] === 'update' && told.metadata.step < stored.metadata.step;
  return isEdit || told.metadata.step === stored.metadata.step ? stored : told;
}

/**
 * A state of a sub-graph in the protocol's form.
 * @param root where it was read: the checkpoint in whose tasks its address finds it again. The metadata may name one before, which an edit or steering left
 * behind within the superstep.
 * @param below where the sub-graphs of its own tasks stand, when asked for
 */
export function toSubGraphState(root: RootRef, ns: string, row: SubGraphRow, below?: SubGraphs): ThreadState {
  const { step } = row.metadata;
  const { thread_id: threadId, checkpoint_id: rootId } = root;
  const refTo = (at: number): Checkpoint => {
    const id = checkpointIdOf(ns, at);
    return { thread_id: threadId, checkpoint_ns: ns, checkpoint_id: id, checkpoint_map: { '': rootId, [ns]: id } };
  };
  return {
    values: row.values as ThreadState['values'],
    next: [...row.next],
    checkpoint: refTo(step),
    metadata: row.metadata,
    created_at: row.createdAt?.toISOString() ?? null,
    parent_checkpoint: step < 0 ? null : refTo(step - 1),
    tasks: toTasks(root, row.tasks, below),
    interrupts: interruptsOf(row.tasks),
  };
}

/** Tasks in the protocol's form: those that are sub-graphs with their state, or, without `below`, with its address. */
export function toTasks(root: RootRef, tasks: readonly TaskSnapshotRow[], below?: SubGraphs): Record<string, unknown>[] {
  return tasks.map((task) => {
    const shown = toTask(root.thread_id, task);
    const ns = namespaceOf(task);
    const row = ns === undefined ? undefined : below?.get(ns);
    if (ns === undefined || row === undefined) return shown;
    return { ...shown, checkpoint: null, state: row === null ? EMPTY_STATE : toSubGraphState(root, ns, row, below) };
  });
}
