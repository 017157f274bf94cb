import { proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { BeginRunReply, RunRef, RuntimeActivities } from '../api';

/**
 * Bookkeeping as local activities: no events of their own, recorded with the workflow task. They are repeated for ever, because a
 * journal that is away must not end a run; the pause between tries stops growing at five seconds.
 */
export const runtimeActivities = proxyLocalActivities<RuntimeActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '100 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
});

/** Claims a run for this workflow execution. */
export function beginRun(ref: RunRef): Promise<BeginRunReply> {
  const { workflowId, runId, currentDeploymentVersion } = workflowInfo();
  return runtimeActivities.beginRun({ ...ref, workflowId, workflowRunId: runId, buildId: currentDeploymentVersion?.buildId ?? '' });
}
