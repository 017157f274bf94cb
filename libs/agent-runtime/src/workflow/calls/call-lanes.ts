import { ActivityCancellationType, type ActivityOptions, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import { CALL_RETRY, CALL_TIMEOUT_MS, type CallPolicy, type LocalAnswer, type LocalErrand, type ModelActivity, type ToolActivity } from '../../api';

/**
 * A history event each, executed by any worker, surviving this one. Retries belong to Temporal alone: {@link CALL_RETRY}.
 *
 * TRY_CANCEL, here and below: a cancelled run ends within one workflow task even when the tool hangs or its worker is gone. The activity
 * is told with its next heartbeat and books what it did by itself; the graph does not need the answer any more.
 */
const NORMAL = {
  startToCloseTimeout: CALL_TIMEOUT_MS,
  heartbeatTimeout: '10 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: CALL_RETRY,
} as const satisfies ActivityOptions;

type Calls = Record<string, ModelActivity & ToolActivity>;

const normal = proxyActivities<Calls>(NORMAL);

type InLocalLane<F> = F extends (request: infer Q) => Promise<infer A> ? (request: Q & LocalErrand) => Promise<LocalAnswer<A>> : never;

/** One attempt that answers or hands over within `HANDOVER_MS`; the timeout is for a worker that is not able to. */
export const localLane = proxyLocalActivities<Record<string, InLocalLane<ModelActivity> & InLocalLane<ToolActivity>>>({
  startToCloseTimeout: '8 seconds',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { maximumAttempts: 1 },
});

/** The normal lane for a call with this policy. */
export function normalLane(policy?: CallPolicy): Calls {
  if (policy === undefined) return normal;
  const { attempts = CALL_RETRY.maximumAttempts, totalMs } = policy;
  return proxyActivities<Calls>({
    ...NORMAL,
    retry: { ...CALL_RETRY, maximumAttempts: attempts },
    ...(totalMs === undefined ? {} : { scheduleToCloseTimeout: totalMs }),
  });
}
