import type { Checkpoint } from '@langchain/langgraph/web';
import { uuid6 } from '@langchain/langgraph-checkpoint';
import { END } from '@langchain/langgraph';
import { sleep } from '@temporalio/workflow';
import { ERROR_CODES } from '@holdfast/contracts/errors';
import type { RunError } from '@holdfast/contracts/runs';
import type { RunRef } from '../api';
import type { RunnableGraph } from '../graph';
import type { CutOff } from './calls/calling-run';
import { untilTaskEnded } from './agent-task-call';
import { toRunError } from './failure';
import { WorkflowSaver } from './saver';

/** Within this time a call that was cancelled lets go of its socket, milliseconds. */
const LET_GO_MS = 2_000;

/**
 * Most supersteps that are emptied one after the other: nodes that had finished beside those that were cut off lead to others, which lead to none,
 * because none of them runs.
 */
const MOST_EMPTIED = 3;

/** Waits until what was cut off is over: what takes it back must not overtake it. */
export async function untilLetGo(run: RunRef & { readonly originRunId: string }, { calls, tasks }: CutOff): Promise<void> {
  if (calls === 0 && tasks.length === 0) return;
  await Promise.all([sleep(LET_GO_MS), ...tasks.map((taskId) => untilTaskEnded({ ...run, taskId }))]);
}

/**
 * Puts a checkpoint in front of the newest in which nothing is left to run but one node. What nodes wrote that had finished in a superstep which was
 * cut off is in its state; what waited, had failed or was cut off is gone.
 * @throws Error without a checkpoint
 */
export async function divert(graph: RunnableGraph, saver: WorkflowSaver, node: string): Promise<void> {
  const { headId } = saver;
  const scratch = await WorkflowSaver.load(await saver.dump());
  const config = { configurable: { thread_id: 'thread', __pregel_checkpointer: scratch } };
  for (let emptied = 0; emptied < MOST_EMPTIED; emptied += 1) {
    await graph.updateState(config, null, END);
    if ((await graph.getState(config)).next.length === 0) break;
  }
  const tuple = await scratch.getTuple(config);
  if (headId === undefined || tuple === undefined) throw new Error('a thread without checkpoints has nothing to take back');
  const checkpoint = leadingTo(node, tuple.checkpoint);
  checkpoint.id = uuid6(tuple.metadata?.step ?? 0);
  checkpoint.ts = new Date().toISOString();
  await saver.put({ configurable: { checkpoint_ns: '', checkpoint_id: headId } }, checkpoint, { ...tuple.metadata!, source: 'update' });
}

/** LangGraph's way to say which node is next: the channel that triggers it. */
function leadingTo(node: string, checkpoint: Checkpoint): Checkpoint {
  const channel = `branch:to:${node}`;
  const version = Math.max(0, ...Object.values(checkpoint.channel_versions).map(Number)) + 1;
  return {
    ...checkpoint,
    channel_values: { ...checkpoint.channel_values, [channel]: '__start__' },
    channel_versions: { ...checkpoint.channel_versions, [channel]: version },
  };
}

/** Why what a run did is not all taken back, with a code that calls a person. */
export function compensationError(error: unknown): RunError {
  const { code, message } = toRunError(error);
  const text = code === 'COMPENSATION_FAILED' ? message : `${code}: ${message}`;
  return { code: 'COMPENSATION_FAILED', message: text, kind: ERROR_CODES.COMPENSATION_FAILED.kind };
}
