import type { StateFrame, TaskStartFrame } from '../api';
import { toApiForm } from '../graph';
import type { ChunkMode } from './run-graph';
import { shownMetadata } from './sub-graph-metadata';

/** The state of the root graph as its nodes are about to see it. */
export interface RootState {
  readonly checkpointId: string;
  readonly values: Readonly<Record<string, unknown>>;
}

type TaskPayload = TaskStartFrame & { readonly metadata?: unknown; readonly result?: unknown };

/**
 * Data of a frame that carries its payload: everything but the root graph's `values` and `checkpoints`, which name a checkpoint.
 * @param root the newest root state, when the chunk comes from the root graph
 */
export function frameData(mode: ChunkMode, payload: unknown, root: RootState | undefined): unknown {
  switch (mode) {
    case 'values':
      return { values: toApiForm(payload) } satisfies StateFrame;
    case 'checkpoints':
      return { checkpoint: withoutInternals(payload) } satisfies StateFrame;
    case 'tasks':
      return taskData(payload as TaskPayload, root);
    default:
      return toApiForm(payload);
  }
}

/** A task that starts usually gets the state as it is, which the journal has already. */
function taskData({ metadata: _, ...task }: TaskPayload, root: RootState | undefined): unknown {
  if ('result' in task || root === undefined || !sameFields(task.input, root.values)) return toApiForm(task);
  const { input: __, ...rest } = task;
  return { ...rest, input_from: root.checkpointId } satisfies TaskStartFrame;
}

/** Nodes read the channels one by one, so the input is another object with the same parts. */
function sameFields(a: unknown, b: Readonly<Record<string, unknown>>): boolean {
  if (typeof a !== 'object' || a === null) return false;
  const entries = Object.entries(a);
  return entries.length === Object.keys(b).length && entries.every(([key, value]) => b[key] === value);
}

/** A sub-graph's checkpoint carries the run's whole config, the call port and the saver among it. */
function withoutInternals(payload: unknown): unknown {
  const { config: _, parentConfig: __, metadata, ...rest } = payload as Record<string, unknown>;
  return toApiForm({ ...rest, metadata: shownMetadata(metadata) });
}
