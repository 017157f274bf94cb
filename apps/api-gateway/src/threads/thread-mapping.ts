import type { CheckpointRow, TaskSnapshotRow, ThreadRow } from '@holdfast/persistence';
import { extractPath } from './extract-path';
import type { Checkpoint, Thread, ThreadState } from './threads.schema';

/** A thread row in the protocol's form. */
export function toThread(row: ThreadRow): Thread {
  return {
    thread_id: row.thread_id,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    state_updated_at: row.state_updated_at.toISOString(),
    metadata: row.metadata,
    status: row.status,
    config: row.config,
    values: row.values,
    interrupts: row.interrupts,
    ...(row.error === null ? {} : { error: { error: row.error.code, message: row.error.message } }),
  };
}

/** Adds `extracted` when paths were asked for. */
export function withExtracts(thread: Partial<Thread>, paths: Readonly<Record<string, string>> | null | undefined): Partial<Thread> {
  if (paths === null || paths === undefined) return thread;
  const extracted = Object.entries(paths).map(([alias, path]) => [alias, extractPath(thread, path) ?? null]);
  return { ...thread, extracted: Object.fromEntries(extracted) as Record<string, unknown> };
}

/** Reference to a root checkpoint. */
export function checkpointRef(threadId: string, checkpointId: string): Checkpoint {
  return { thread_id: threadId, checkpoint_ns: '', checkpoint_id: checkpointId, checkpoint_map: null };
}

/** The state of a thread that has none yet. */
export const EMPTY_STATE: ThreadState = {
  values: {},
  next: [],
  checkpoint: null,
  metadata: null,
  created_at: null,
  parent_checkpoint: null,
  tasks: [],
  interrupts: [],
};

/** A checkpoint row as a thread state. */
export function toThreadState(row: CheckpointRow): ThreadState {
  return {
    values: row.values,
    next: row.next,
    checkpoint: checkpointRef(row.thread_id, row.checkpoint_id),
    metadata: row.metadata,
    created_at: row.created_at.toISOString(),
    parent_checkpoint: row.parent_checkpoint_id === null ? null : checkpointRef(row.thread_id, row.parent_checkpoint_id),
    tasks: row.tasks.map((task) => toTask(row.thread_id, task)),
    interrupts: interruptsOf(row.tasks),
  };
}

/** What tasks ask people. */
export function interruptsOf(tasks: readonly TaskSnapshotRow[]): TaskSnapshotRow['interrupts'] {
  return tasks.flatMap((task) => task.interrupts);
}

/** `state` of a stored task is the address of its sub-graph's checkpoint; the protocol shows it as `checkpoint`. */
export function toTask(threadId: string, task: TaskSnapshotRow): Record<string, unknown> {
  const { state, subgraph: _, ...rest } = task;
  return {
    ...rest,
    error: errorText(task.error),
    result: task.result ?? null,
    // The runtime drives graphs under a name of its own for the thread.
    checkpoint: state == null ? null : { checkpoint_id: null, checkpoint_map: null, ...state.configurable, thread_id: threadId },
    state: null,
  };
}

function errorText(error: unknown): string | null {
  if (error === undefined || error === null) return null;
  if (typeof error === 'string') return error;
  const { message } = error as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(error);
}

/** Fields of a state to show, `values.<key>` for one key of the values; all of them without a selection. */
export type StateSelect = readonly string[] | null | undefined;

/** The selected fields of a state. */
export function selectState(state: ThreadState, select: StateSelect): ThreadState {
  if (select === null || select === undefined || select.length === 0) return state;
  const fields = Object.entries(state).filter(([key]) => select.includes(key));
  const keys = select.filter((field) => field.startsWith('values.')).map((field) => field.slice('values.'.length));
  if (keys.length === 0 || select.includes('values')) return Object.fromEntries(fields) as ThreadState;
  const values = Object.entries(state.values ?? {}).filter(([key]) => keys.includes(key));
  return { ...Object.fromEntries(fields), values: Object.fromEntries(values) as Record<string, unknown> };
}
