import type { StateSnapshot } from '@langchain/langgraph';
import { MAX_STATE_BYTES } from '@holdfast/contracts/limits';
import type { CheckpointDraft, TaskSnapshot } from '../api';
import { type RunnableGraph, toApiForm } from '../graph';
import type { MessageLists } from './message-lists';
import { packSaved, type SavedForm, type SavedRun } from './saved-state';
import type { WorkflowSaver } from './saver';
import { requireLoadable } from './stored-size';
import { withSubGraphs } from './sub-graph-states';

/** A checkpoint as LangGraph shows it, before the saver's dump joins it. */
export interface CheckpointView {
  readonly checkpointId: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly next: readonly string[];
  readonly tasks: readonly TaskSnapshot[];
  readonly metadata: { readonly step: number; readonly source: CheckpointDraft['source'] } & Readonly<Record<string, unknown>>;
}

/** What LangGraph emits in stream mode `checkpoints`. */
interface CheckpointChunk {
  readonly config: { readonly configurable: { readonly checkpoint_id: string } };
  readonly values: unknown;
  readonly metadata: CheckpointView['metadata'];
  readonly next: readonly string[];
  readonly tasks: readonly unknown[];
}

/** The view of a `checkpoints` chunk. Converted at once: nodes of the next step could change the objects. */
export function viewOfChunk(payload: unknown, lists: MessageLists): CheckpointView {
  const chunk = payload as CheckpointChunk;
  return {
    checkpointId: chunk.config.configurable.checkpoint_id,
    values: lists.shown(chunk.values) as CheckpointView['values'],
    next: chunk.next,
    tasks: toApiForm(chunk.tasks) as readonly TaskSnapshot[],
    metadata: { ...chunk.metadata },
  };
}

/**
 * The newest checkpoint with everything that joined it after its chunk: interrupts, errors, results of finished siblings, and where the sub-graphs
 * of its tasks stand. Undefined for a thread without checkpoints.
 */
export async function viewOfHead(graph: RunnableGraph, saver: WorkflowSaver): Promise<CheckpointView | undefined> {
  if (saver.headId === undefined) return undefined;
  const snapshot: StateSnapshot = await graph.getState({ configurable: { thread_id: 'thread', __pregel_checkpointer: saver } }, { subgraphs: true });
  const { thread_id: _, ...metadata } = snapshot.metadata as CheckpointView['metadata'];
  return {
    checkpointId: saver.headId,
    values: saver.lists.shown(snapshot.values) as CheckpointView['values'],
    next: snapshot.next,
    tasks: withSubGraphs(snapshot.tasks, saver.lists),
    metadata: metadata as CheckpointView['metadata'],
  };
}

/**
 * The draft of a viewed checkpoint that the saver still holds.
 * @param options `mostBytes` of the state as it is stored; `isRunning`: its tasks go on, and what some have given may be left out for room
 * @throws HoldfastError STATE_TOO_LARGE
 */
export async function draftOf(
  view: CheckpointView,
  saver: WorkflowSaver,
  run: SavedRun | null,
  form?: SavedForm,
  { mostBytes = MAX_STATE_BYTES, isRunning = false }: { readonly mostBytes?: number; readonly isRunning?: boolean } = {},
): Promise<CheckpointDraft> {
  const { checkpointId } = view;
  const packed = async (dump: (lists: Set<string>) => Promise<string>): Promise<string> => {
    const lists = new Set<string>();
    const saved = packSaved(run, await dump(lists), form, [...lists]);
    requireLoadable(saved, saver.lists.bytesOf(lists), mostBytes);
    return saved;
  };
  const whole = packed((lists) => saver.dump(checkpointId, lists));
  const saved = await (isRunning ? whole.catch(() => packed((lists) => saver.dumpAlone(checkpointId, lists))) : whole);
  return {
    checkpointId: view.checkpointId,
    parentCheckpointId: saver.parentOf(view.checkpointId),
    step: view.metadata.step,
    source: view.metadata.source,
    values: view.values,
    next: view.next,
    tasks: view.tasks,
    metadata: view.metadata,
    saved,
  };
}
