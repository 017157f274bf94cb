import { proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import { type BeginRunAfter, type BeginRunReply, type KeptByWorkflow, type RunRef, type RuntimeActivities, unrecorded } from '../api';
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
  beginRun: (request) => localResults().inTurn(local.beginRun(unrecorded(request))),
  commitProgress: (batch) => localResults().inTurn(local.commitProgress(unrecorded(batch))),
  loadThread: (request) => localResults().inTurn(local.loadThread(request)),
  commitEdit: (request) => localResults().inTurn(local.commitEdit(unrecorded(request))),
  commitTask: (batch) => localResults().inTurn(local.commitTask(unrecorded(batch))),
};

/** Claims a run for this workflow execution when its turn has come. @param kept see {@link BeginRunRequest.kept} */
export function beginRunInTurn(ref: RunRef, kept?: KeptByWorkflow): Promise<BeginRunReply> {
  return begin(ref, true, kept);
}

/** Claims a run for this workflow execution whatever waits before it: to end it. @param kept see {@link BeginRunRequest.kept} */
export function beginRun(ref: RunRef, kept?: KeptByWorkflow): Promise<Exclude<BeginRunReply, BeginRunAfter>> {
  return begin(ref, false, kept) as Promise<Exclude<BeginRunReply, BeginRunAfter>>;
}

function begin(ref: RunRef, inTurn: boolean, kept?: KeptByWorkflow): Promise<BeginRunReply> {
  const { workflowId, runId, currentDeploymentVersion } = workflowInfo();
  const request = { ...ref, workflowId, workflowRunId: runId, buildId: currentDeploymentVersion?.buildId ?? '', inTurn };
  return runtimeActivities.beginRun(kept === undefined ? request : { ...request, kept });
}
