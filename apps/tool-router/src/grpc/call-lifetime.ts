import type { CallScope } from '../pipeline/tool-answer';

/** The part of grpc-js' ServerUnaryCall that tells how long its caller waits. */
export interface ServerCall {
  readonly cancelled: boolean;
  getDeadline(): Date | number;
  once(event: 'cancelled', listener: () => void): unknown;
}

/** Longest call of a caller that sent no deadline, milliseconds. */
const MAX_CALL_MS = 600_000;

/** A gRPC call as signal and deadline. grpc-js reports a passed deadline as a cancellation. */
export function lifetimeOf(call: ServerCall): CallScope {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  else call.once('cancelled', () => controller.abort());
  const leftMs = Math.min(Number(call.getDeadline()) - Date.now(), MAX_CALL_MS);
  return { signal: controller.signal, deadline: performance.now() + leftMs };
}
