import type { AgentTaskResult, AwaitTaskRequest } from '@holdfast/agent-runtime/api';
import { isErrorCode } from '@holdfast/contracts/errors';
import { WorkflowFailedError } from '@temporalio/client';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { HEARTBEAT_MS } from '../temporal/heartbeats';

/** Waits for the result of a sub-agent's workflow that another execution of its parent has started; see the runtime's `TaskActivities`. */
export async function awaitTask({ workflowId }: AwaitTaskRequest): Promise<AgentTaskResult> {
  const activity = Context.current();
  const task = activity.client.workflow.getHandle(workflowId);
  const heartbeat = setInterval(() => activity.heartbeat(), HEARTBEAT_MS);
  try {
    // A cancelled wait ends at once; the workflow is cancelled below.
    return (await Promise.race([task.result(), activity.cancelled])) as AgentTaskResult;
  } catch (error) {
    if (activity.cancellationDetails?.cancelRequested === true) await task.cancel().catch(() => undefined);
    throw error instanceof WorkflowFailedError ? failureOf(error) : error;
  } finally {
    clearInterval(heartbeat);
  }
}

function failureOf({ cause }: WorkflowFailedError): ApplicationFailure {
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return ApplicationFailure.nonRetryable(cause.message, cause.type);
  return ApplicationFailure.nonRetryable('The sub-agent was cancelled.', 'RUN_CANCELLED');
}
