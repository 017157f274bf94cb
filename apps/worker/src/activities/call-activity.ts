import type { CallKind, CallRef } from '@holdfast/agent-runtime/api';
import { runWithLogContext } from '@holdfast/nest-kit/log-context';
import { runWithTraceparent, withSpan } from '@holdfast/nest-kit/tracing';
import { systemContext } from '@holdfast/tenant-context';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { codeOf, toActivityFailure } from './activity-failure';
import { countAttempt } from './activity-metrics';
import type { CallScope } from './call-scope';

/** Pause between heartbeats, in milliseconds. A cancellation reaches the attempt with the next one. */
export const HEARTBEAT_MS = 1_500;

/** Where failed attempts are written: `error` for our own faults, `warn` for those of others. */
export interface FailureLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * Makes an activity of a call: tenant context and trace of the run, heartbeats, cancellation that ends the call at once, one span,
 * one count, and failures in Temporal's form.
 */
export function callActivity<Q extends { readonly ref: CallRef }, A>(
  kind: CallKind,
  call: (request: Q, scope: CallScope) => Promise<A>,
  log: FailureLog,
): (request: Q) => Promise<A> {
  return (request) => {
    const { ref } = request;
    const fields = { tenant_id: ref.tenantId, thread_id: ref.threadId, run_id: ref.runId };
    return runWithLogContext(fields, () => runWithTraceparent(ref.traceparent, () => attempt(kind, request, call, log)));
  };
}

async function attempt<Q extends { readonly ref: CallRef }, A>(
  kind: CallKind,
  request: Q,
  call: (request: Q, scope: CallScope) => Promise<A>,
  log: FailureLog,
): Promise<A> {
  const { ref } = request;
  const activity = Context.current();
  const { attempt: number, startToCloseTimeoutMs, activityType } = activity.info;
  const begun = performance.now();
  const heartbeat = setInterval(() => activity.heartbeat(), HEARTBEAT_MS);
  const attributes = {
    'holdfast.run_id': ref.runId,
    'holdfast.tenant_id': ref.tenantId,
    'holdfast.graph_id': ref.graphId,
    'holdfast.node': ref.node,
    'holdfast.call_index': ref.callIndex,
    'holdfast.attempt': number,
  };
  try {
    const answer = await withSpan(`${kind} ${ref.graphId}.${ref.node}`, attributes, () => {
      const scope: CallScope = {
        ctx: systemContext(ref.tenantId, 'run', ref.runId, ref.traceparent),
        signal: activity.cancellationSignal,
        attempt: number,
        timeoutMs: startToCloseTimeoutMs,
      };
      // `cancelled` rejects with Temporal's own failure: code that ignores the signal cannot hold a cancelled call up.
      return Promise.race([call(request, scope), activity.cancelled]);
    });
    countAttempt(kind, 'ok', performance.now() - begun);
    return answer;
  } catch (error) {
    const failure = leavingWorker(activity) ?? toActivityFailure(error, number);
    const code = codeOf(failure);
    countAttempt(kind, code, performance.now() - begun);
    if (code === 'INTERNAL') log.error({ err: error, activity: activityType, attempt: number }, 'a call failed unexpectedly');
    else if (code !== 'CANCELLED') log.warn({ code, activity: activityType, attempt: number }, `a call failed: ${failure.message}`);
    throw failure;
  } finally {
    clearInterval(heartbeat);
  }
}

/** A worker that goes away ends its attempts, but the calls are not cancelled: another worker takes them up at once. */
function leavingWorker(activity: Context): ApplicationFailure | undefined {
  const details = activity.cancellationSignal.aborted ? activity.cancellationDetails : undefined;
  if (details?.workerShutdown !== true || details.cancelRequested) return undefined;
  return ApplicationFailure.create({ type: 'DEPENDENCY_UNAVAILABLE', message: 'The worker went away during the call.', nextRetryDelay: 1 });
}
