import type { TaskSnapshotRow } from '@holdfast/persistence';
import { z } from 'zod';

/** Data of a `values` or `checkpoints` frame: a reference to a stored checkpoint, or the state itself (agent-runtime/api StateFrame). */
export const stateFrameSchema = z.looseObject({
  checkpoint_id: z.string().optional(),
  values: z.unknown().optional(),
  checkpoint: z.unknown().optional(),
});

/** Data of a `tasks` frame: a start (with `triggers`) or an end. */
export const taskFrameSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  triggers: z.array(z.string()).optional(),
  input: z.unknown().optional(),
  input_from: z.string().optional(),
  result: z.unknown().optional(),
  error: z.unknown().optional(),
  interrupts: z.array(z.unknown()).optional(),
});
/** See {@link taskFrameSchema}. */
export type TaskFrame = z.infer<typeof taskFrameSchema>;

/** A stored state as frames refer to it. */
export interface LoadedCheckpoint {
  readonly checkpointId: string;
  readonly parentCheckpointId: string | null;
  readonly values: Readonly<Record<string, unknown>>;
  readonly next: readonly string[];
  readonly tasks: readonly unknown[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Tasks of a stored checkpoint for frames: sub-graphs tell of themselves in frames of their own, and are named by the thread that they are of. */
export function shownTasks(threadId: string, tasks: readonly TaskSnapshotRow[]): object[] {
  return tasks.map(({ subgraph: _, ...task }) =>
    task.state == null ? task : { ...task, state: { configurable: { ...task.state.configurable, thread_id: threadId } } },
  );
}

/** Checkpoints by id. */
export type LoadedCheckpoints = ReadonlyMap<string, LoadedCheckpoint>;

/** The data of a `checkpoints` event, as LangGraph's debug stream shapes it. */
export function checkpointPayload(threadId: string, state: LoadedCheckpoint): Record<string, unknown> {
  const parent = state.parentCheckpointId;
  const address = (id: string): Record<string, unknown> => ({ thread_id: threadId, checkpoint_ns: '', checkpoint_id: id });
  return {
    config: { configurable: address(state.checkpointId) },
    parent_config: parent === null ? null : { configurable: address(parent) },
    checkpoint: { ...address(state.checkpointId), checkpoint_map: null },
    parent_checkpoint: parent === null ? null : { ...address(parent), checkpoint_map: null },
    values: state.values,
    metadata: state.metadata,
    next: state.next,
    tasks: state.tasks,
  };
}
