import {
  ActivityCancellationType,
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  ParentClosePolicy,
  TerminatedFailure,
  WorkflowIdReusePolicy,
  executeChild,
  isCancellation,
  proxyActivities,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { HoldfastError, isErrorCode } from '@holdfast/contracts/errors';
import { type AgentTaskInput, type AgentTaskResult, type TaskActivities, AGENT_TASK_WORKFLOW_TYPE, MAX_TASK_PATH, agentTaskWorkflowId } from '../api';
import { toRunError } from './failure';

const { awaitTask } = proxyActivities<TaskActivities>({
  startToCloseTimeout: '30 days',
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '250 milliseconds', backoffCoefficient: 2, maximumInterval: '10 seconds' },
});

const watch = proxyActivities<TaskActivities>({
  startToCloseTimeout: '1 minute',
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '250 milliseconds', backoffCoefficient: 2, maximumAttempts: 3 },
});

/** A task of a parent that is gone can be in the middle of being cancelled when the next parent comes to it. */
const MAX_STARTS = 5;

/**
 * Runs a sub-agent's task as a child workflow. One that another execution of the parent has started is not started again: while it runs, and
 * when it has succeeded, its result counts here, too. One that has failed is started anew.
 * @throws HoldfastError with the code of the failure; a cancellation when the calling scope is cancelled
 */
export async function callAgentTask(input: AgentTaskInput): Promise<AgentTaskResult> {
  if (input.taskId.length > MAX_TASK_PATH) throw new HoldfastError('NOT_SUPPORTED', 'agents call each other too deep');
  const workflowId = agentTaskWorkflowId(input);
  for (let starts = 1; ; starts += 1) {
    try {
      return await startTask(workflowId, input);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw toAgentError(error);
    }
    try {
      return await awaitTask({ workflowId });
    } catch (error) {
      const failure = toAgentError(error);
      if (starts === MAX_STARTS || !(failure instanceof HoldfastError) || failure.code !== 'RUN_CANCELLED') throw failure;
    }
  }
}

/** Until a task that was cancelled has ended: its calls have let go then. One that does not end in a few minutes, or never began, is not waited for. */
export async function untilTaskEnded(task: Pick<AgentTaskInput, 'tenantId' | 'threadId' | 'originRunId' | 'taskId'>): Promise<void> {
  await watch.awaitTask({ workflowId: agentTaskWorkflowId(task) }).catch(() => undefined);
}

function startTask(workflowId: string, input: AgentTaskInput): Promise<AgentTaskResult> {
  return executeChild(AGENT_TASK_WORKFLOW_TYPE, {
    workflowId,
    args: [input],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.TRY_CANCEL,
  }) as Promise<AgentTaskResult>;
}

/** A cancelled task is an error that the node can handle, unless it was cancelled because its parent is. */
function toAgentError(error: unknown): unknown {
  if (isCancellation(error)) {
    return CancellationScope.current().consideredCancelled ? error : new HoldfastError('RUN_CANCELLED', 'the sub-agent was cancelled', { cause: error });
  }
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof TerminatedFailure) return new HoldfastError('RUN_CANCELLED', 'the sub-agent was terminated', { cause });
  const { code, message } = toRunError(cause);
  return new HoldfastError(isErrorCode(code) ? code : 'INTERNAL', message, { cause });
}
