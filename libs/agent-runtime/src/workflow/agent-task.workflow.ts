import { ApplicationFailure, CancellationScope, CancelledFailure, continueAsNew, setWorkflowOptions } from '@temporalio/workflow';
import type { AgentTaskInput, AgentTaskResult } from '../api';
import { AgentTask, type TaskOutcome } from './agent-task';
import { toRunError } from './failure';

/**
 * The workflow of one sub-agent's task. Its result is what its graph comes to; a graph that fails fails it, with the code as the type of the
 * failure. A failed one may be started again under its id, and finds the outcomes of its calls in the ledgers.
 */
export async function agentTaskV1(input: AgentTaskInput): Promise<AgentTaskResult> {
  const root = CancellationScope.current();
  const outcome = await CancellationScope.nonCancellable(() => drive(input, root));
  switch (outcome.kind) {
    case 'done':
      return outcome.result;
    case 'cancelled':
      throw new CancelledFailure('the task was cancelled');
    case 'failed':
      throw ApplicationFailure.create({ type: outcome.error.code, message: outcome.error.message, nonRetryable: true });
    case 'carried':
      return continueAsNew<typeof agentTaskV1>(outcome.input);
  }
}

// See agentThreadV1.
setWorkflowOptions({ failureExceptionTypes: [Error] }, agentTaskV1);

async function drive(input: AgentTaskInput, root: CancellationScope): Promise<TaskOutcome> {
  try {
    const task = await AgentTask.prepare(input);
    root.cancelRequested.catch(() => task.cancel());
    return await task.drive();
  } catch (error) {
    return { kind: 'failed', error: toRunError(error) };
  }
}
