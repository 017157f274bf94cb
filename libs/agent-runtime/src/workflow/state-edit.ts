import type { EditStateAnswer, EditStateCommand } from '../api';
import { compiledGraph } from '../graph/registry';
import { runtimeActivities } from './activities';
import { draftOf, viewOfHead } from './checkpoint-draft';
import { unknownGraph } from './failure';
import { WorkflowSaver } from './saver';
import { unpackSaved } from './saved-state';

/** The thread whose state is edited. */
export interface EditedThread {
  readonly tenantId: string;
  readonly threadId: string;
}

/**
 * Applies a state edit and stores the checkpoint that it makes. Between runs only: a run would overwrite it.
 * @throws HoldfastError GRAPH_UNKNOWN; LangGraph's errors when it refuses the values or the node.
 */
export async function editState(thread: EditedThread, command: EditStateCommand): Promise<EditStateAnswer> {
  const graph = compiledGraph(command.graphId);
  if (graph === undefined) throw unknownGraph(command.graphId);
  const { saved } = await runtimeActivities.loadThread({
    ...thread,
    ...(command.checkpointId === undefined ? {} : { checkpointId: command.checkpointId }),
  });
  const saver = await WorkflowSaver.load(unpackSaved(saved, '').dump);
  await graph.updateState({ configurable: { thread_id: thread.threadId, __pregel_checkpointer: saver } }, command.values, command.asNode);
  const view = await viewOfHead(graph, saver);
  if (view === undefined) throw new Error('a state edit made no checkpoint');
  const checkpoint = await draftOf(view, saver, null);
  await runtimeActivities.commitEdit({ ...thread, commandId: command.commandId, checkpoint });
  return { checkpointId: checkpoint.checkpointId };
}
