import { HoldfastError } from '@holdfast/contracts/errors';
import type { CommitEditReply, EditStateAnswer, EditStateCommand } from '../api';
import type { RunnableGraph } from '../graph';
import { registeredGraph } from '../graph/registry';
import { runtimeActivities } from './activities';
import { draftOf, viewOfHead } from './checkpoint-draft';
import { toRunError, unknownGraph } from './failure';
import { startIdClock } from './sandbox/ids';
import { loadState } from './load-state';
import type { WorkflowSaver } from './saver';
import { editSubGraph } from './sub-graph-edit';

/** The thread whose state is edited. */
export interface EditedThread {
  readonly tenantId: string;
  readonly threadId: string;
}

/**
 * Applies a state edit and stores the checkpoint that it makes. Between runs only: a run would overwrite it.
 * @throws StateIsNewerError; HoldfastError GRAPH_UNKNOWN, STATE_NOT_MIGRATED, INVALID_ARGUMENT when LangGraph refuses the values or the node, CONFLICT of
 * {@link editSubGraph}; failures of the activities.
 */
export async function editState(thread: EditedThread, command: EditStateCommand): Promise<EditStateAnswer> {
  const registered = registeredGraph(command.graphId);
  if (registered === undefined) throw unknownGraph(command.graphId);
  const loaded = await runtimeActivities.loadThread({
    ...thread,
    ...(command.checkpointId === undefined ? {} : { checkpointId: command.checkpointId }),
  });
  const { graph } = registered;
  const { subGraph } = command;
  const { saver, form, run } = await loadState(command.graphId, registered, loaded, { runId: '', goesOn: subGraph !== undefined });
  if (subGraph === undefined) startIdClock(`${thread.tenantId}/${thread.threadId}/${command.commandId}`, saver.headId);
  await asCallersFault(() => (subGraph === undefined ? update(graph, saver, thread.threadId, command) : editSubGraph(graph, saver, subGraph)));
  const view = await viewOfHead(graph, saver);
  if (view === undefined) throw new Error('a state edit made no checkpoint');
  // Tasks go on under their names: so do their calls, which stand in the ledgers of the run that made them.
  const goesOn = subGraph !== undefined && run.originRunId !== '';
  const checkpoint = await draftOf(view, saver, goesOn ? run : null, form);
  const texts = saver.lists.takeTexts();
  const edit = { ...thread, commandId: command.commandId, checkpoint, ...(texts.length === 0 ? {} : { texts }) };
  const stored: CommitEditReply | null = await runtimeActivities.commitEdit(edit);
  // Histories of the first builds hold no answer.
  return { checkpointId: stored?.checkpointId ?? checkpoint.checkpointId };
}

async function update(graph: RunnableGraph, saver: WorkflowSaver, threadId: string, { values = null, asNode }: EditStateCommand): Promise<void> {
  await graph.updateState({ configurable: { thread_id: threadId, __pregel_checkpointer: saver } }, values, asNode);
}

/** In a run the same errors would be the graph's fault; here the values are the caller's. */
async function asCallersFault(edit: () => Promise<void>): Promise<void> {
  try {
    await edit();
  } catch (error) {
    const { code, message } = toRunError(error);
    throw new HoldfastError(code === 'CONFLICT' ? code : 'INVALID_ARGUMENT', message, { cause: error });
  }
}
