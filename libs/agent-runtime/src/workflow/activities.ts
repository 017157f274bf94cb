import { proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import { type BeginRunAfter, type BeginRunReply, type RunRef, type RuntimeActivities, unrecorded } from '../api';
import { localResults } from './local-results';

/**
 * Bookkeeping as local activities: no events of their own, recorded with the workflow task. They are repeated for ever, because a
 * journal that is away must not end a run; the pause between tries stops growing at five seconds.
 */
const local = proxyLocalActivities<RuntimeActivities>({
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '100 milliseconds', backoffCoefficient: 2, maximumInterval: '5 seconds' },
});

/** The same, with their results {@link LocalResults in turn}. */
export const runtimeActivities: RuntimeActivities = {
  beginRun: (request) => localResults().inTurn(local.beginRun(request)),
  commitProgress: (batch) => localResults().inTurn(local.commitProgress(unrecorded(batch))),
  loadThread: (request) => localResults().inTurn(local.loadThread(request)),
  commitEdit: (request) => localResults().inTurn(local.commitEdit(unrecorded(request))),
  commitTask: (batch) => localResults().inTurn(local.commitTask(unrecorded(batch))),
};

/** Claims a run for this workflow execution when its turn has come. */
export function beginRunInTurn(ref: RunRef): Promise<BeginRunReply> {
  return begin(ref, true);
}

/** Claims a run for this workflow execution whatever waits before it: to end it. */
export function beginRun(ref: RunRef): Promise<Exclude<BeginRunReply, BeginRunAfter>> {
  return begin(ref, false) as Promise<Exclude<BeginRunReply, BeginRunAfter>>;
}

function begin(ref: RunRef, inTurn: boolean): Promise<BeginRunReply> {
  const { workflowId, runId, currentDeploymentVersion } = workflowInfo();
  return runtimeActivities.beginRun({ ...ref, workflowId, workflowRunId: runId, buildId: currentDeploymentVersion?.buildId ?? '', inTurn });
}
