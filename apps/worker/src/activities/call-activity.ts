import {
  CALL_TIMEOUT_MS,
  type CallKind,
  type CallPolicy,
  type CallRef,
  HANDOVER_MS,
  type LocalAnswer,
  type LocalErrand,
  type ProgressBatch,
} from '@holdfast/agent-runtime/api';
import { HoldfastError } from '@holdfast/contracts/errors';
import { runWithLogContext } from '@holdfast/nest-kit/log-context';
import { runWithTraceparent, withSpan } from '@holdfast/nest-kit/tracing';
import { systemContext } from '@holdfast/tenant-context';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { HEARTBEAT_MS } from '../temporal/heartbeats';
import { codeOf, toActivityFailure } from './activity-failure';
import { countAttempt } from './activity-metrics';
import type { CallFlights } from './call-flights';
import type { CallScope } from './call-scope';
import { retryPauseMs } from './retry-pause';

/** Where failed attempts are written: `error` for our own faults, `warn` for those of others. */
export interface FailureLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What the activities of calls share. */
export interface CallHost {
  /** Makes a commit that comes along with a call; see the journal activities. */
  commitProgress(batch: ProgressBatch): Promise<void>;
  readonly flights: CallFlights;
  readonly log: FailureLog;
  /** 0 ≤ … < 1, for the pauses between attempts. */
  random(): number;
}

/** What every call brings. */
interface CallRequest extends LocalErrand {
  readonly ref: CallRef;
  readonly policy?: CallPolicy;
  readonly settleOnly?: true;
}

type Call<Q, A> = (request: Q, scope: CallScope) => Promise<A>;

/**
 * Makes an activity of a call: tenant context and trace of the run, heartbeats, cancellation that ends the call at once, one span,
 * one count, and failures in Temporal's form. As a local activity it answers {@link LocalAnswer}: what takes longer goes on and is joined by
 * the normal activity that follows.
 */
export function callActivity<Q extends CallRequest, A>(kind: CallKind, call: Call<Q, A>, host: CallHost): (request: Q) => Promise<A> {
  return (request) => {
    const { ref } = request;
    const fields = { tenant_id: ref.tenantId, thread_id: ref.threadId, run_id: ref.runId };
    // In the local lane the workflow unwraps the answer: see the runtime's activity-calls.
    return runWithLogContext(fields, () => runWithTraceparent(ref.traceparent, () => attempt(kind, request, call, host))) as Promise<A>;
  };
}

async function attempt<Q extends CallRequest, A>(kind: CallKind, { commit, ...rest }: Q, call: Call<Q, A>, host: CallHost): Promise<A | LocalAnswer<A>> {
  const { flights, log, random } = host;
  const request = rest as Q;
  const activity = Context.current();
  const { attempt: number, activityType, isLocal } = activity.info;
  const begun = performance.now();
  const flight = flights.join(keyOf(kind, request), request.ref, (signal) => begin(kind, request, call, signal));
  const lane = isLocal ? localLane() : normalLane(activity);
  const errand = startErrand(commit, host, lane);
  let handedOver = false;
  try {
    // `cancelled` rejects with Temporal's own failure: code that ignores the signal cannot hold a cancelled call up.
    const reply = await Promise.race([flight.result.then((answer) => ({ answer, ms: Math.round(performance.now() - begun) })), activity.cancelled, lane.over]);
    handedOver = 'handedOver' in reply;
    countAttempt(kind, handedOver ? 'handed-over' : 'ok', performance.now() - begun);
    return isLocal ? { ...reply, ...(await errand) } : (reply as { readonly answer: A }).answer;
  } catch (error) {
    const isEnded = flight.signal.aborted;
    const reason = isEnded ? endedWithRun(activity) : error;
    const failure = leavingWorker(activity) ?? toActivityFailure(reason, (asked) => retryPauseMs(number, asked, random()));
    const code = codeOf(failure);
    countAttempt(kind, code, performance.now() - begun);
    if (code === 'INTERNAL') log.error({ err: error, activity: activityType, attempt: number }, 'a call failed unexpectedly');
    else if (code !== 'CANCELLED' && !isEnded) log.warn({ code, activity: activityType, attempt: number }, `a call failed: ${failure.message}`);
    // The workflow repeats the commit then, and must not meet the first one on its way.
    if (code !== 'CANCELLED') await errand;
    throw failure;
  } finally {
    lane.end();
    flight.leave(handedOver);
  }
}

/** What becomes of the commit that came along, as far as it is known when the lane is over. Never rejects: the workflow makes it again, and learns why. */
async function startErrand(commit: ProgressBatch | undefined, host: CallHost, lane: LaneWatch): Promise<Pick<LocalAnswer<unknown>, 'committed'>> {
  if (commit === undefined) return {};
  const made = host.commitProgress(commit).then(
    () => ({ committed: true }) as const,
    () => ({}),
  );
  return Promise.race([made, lane.over.then(() => ({}))]);
}

/** Why an attempt fails whose call was ended with its run, whatever the call says. A cancellation that Temporal has not asked for it would repeat. */
function endedWithRun({ cancellationSignal }: Context): Error {
  const message = 'The run of the call is over.';
  return cancellationSignal.aborted ? new CancelledFailure(message) : new HoldfastError('RUN_CANCELLED', message);
}

/** The call itself, once for all attempts that join it. */
function begin<Q extends CallRequest, A>(kind: CallKind, request: Q, call: Call<Q, A>, signal: AbortSignal): Promise<A> {
  const { ref, policy } = request;
  const { attempt: number, scheduledTimestampMs } = Context.current().info;
  const attributes = {
    'holdfast.run_id': ref.runId,
    'holdfast.tenant_id': ref.tenantId,
    'holdfast.graph_id': ref.graphId,
    'holdfast.node': ref.node,
    'holdfast.call_id': ref.callId,
    'holdfast.attempt': number,
  };
  const scope: CallScope = { ctx: systemContext(ref.tenantId, 'run', ref.runId, ref.traceparent), signal, attempt: number, timeoutMs: timeLeftMs(policy, scheduledTimestampMs) };
  return withSpan(`${kind} ${ref.graphId}.${ref.node}`, attributes, () => call(request, scope));
}

/** The server's clock said when the call was scheduled; a wrong one of ours must neither end the call at once nor lengthen it. */
function timeLeftMs({ totalMs }: CallPolicy = {}, scheduledAt: number): number {
  if (totalMs === undefined) return CALL_TIMEOUT_MS;
  const usedMs = Math.max(0, Date.now() - scheduledAt);
  return Math.min(CALL_TIMEOUT_MS, Math.max(totalMs / 10, totalMs - usedMs));
}

/** Callers may choose run ids: two tenants may have the same one. Who only asks for a call's state is not joined by who makes it. */
function keyOf(kind: CallKind, { ref: { tenantId, originRunId, callId }, settleOnly }: CallRequest): string {
  return `${settleOnly === true ? 'settle' : kind}/${tenantId}/${originRunId}/${callId}`;
}

interface LaneWatch {
  /** Resolves when the attempt must answer without waiting for the call. */
  readonly over: Promise<{ readonly handedOver: true }>;
  end(): void;
}

function localLane(): LaneWatch {
  let timer: NodeJS.Timeout;
  const over = new Promise<{ readonly handedOver: true }>((resolve) => {
    timer = setTimeout(() => resolve({ handedOver: true }), HANDOVER_MS);
  });
  return { over, end: () => clearTimeout(timer) };
}

function normalLane(activity: Context): LaneWatch {
  const heartbeat = setInterval(() => activity.heartbeat(), HEARTBEAT_MS);
  return { over: new Promise(() => undefined), end: () => clearInterval(heartbeat) };
}

/** A worker that goes away ends its attempts, but the calls are not cancelled: another worker takes them up at once. */
function leavingWorker(activity: Context): ApplicationFailure | undefined {
  const details = activity.cancellationSignal.aborted ? activity.cancellationDetails : undefined;
  if (details?.workerShutdown !== true || details.cancelRequested) return undefined;
  return ApplicationFailure.create({ type: 'DEPENDENCY_UNAVAILABLE', message: 'The worker went away during the call.', nextRetryDelay: 1 });
}
