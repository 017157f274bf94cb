/**
 * Pause between heartbeats of a call, milliseconds. A cancellation reaches a call with its next heartbeat, when the run's end is committed by
 * another worker; the call's socket is to be closed within 2 s.
 */
export const HEARTBEAT_MS = 1_000;

/** The SDK must not hold heartbeats back for longer. */
export const HEARTBEAT_THROTTLE = '1s';
