import type { CallScope } from '../pipeline/tool-answer';

/** The part of grpc-js' ServerUnaryCall that tells how long its caller waits. */
export interface ServerCall {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  once(event: 'cancelled', listener: () => void): unknown;
  off(event: 'cancelled', listener: () => void): unknown;
}

/** A call's lifetime; {@link release} ends the listening when the answer is made. */
export interface CallLifetime extends CallScope {
  release(): void;
}

/** Longest call of a caller that sent no deadline, milliseconds. */
const MAX_CALL_MS = 600_000;

// Made once: an abort without a reason builds an exception with a stack.
const GONE = new Error('The caller is gone or its deadline has passed.');

/** A gRPC call as signal and deadline. grpc-js reports a passed deadline as a cancellation, and the end of every call as one too. */
export function lifetimeOf(call: ServerCall): CallLifetime {
  const controller = new AbortController();
  const onCancelled = (): void => controller.abort(GONE);
  if (call.cancelled) onCancelled();
  else call.once('cancelled', onCancelled);
  const leftMs = Math.min(Number(call.getDeadline()) - Date.now(), MAX_CALL_MS);
  return { signal: controller.signal, deadline: performance.now() + leftMs, release: () => void call.off('cancelled', onCancelled) };
}
