import { CALL_RETRY } from '@holdfast/agent-runtime/api';

/** Most that chance adds to a pause, as a part of it. */
const JITTER = 0.2;

/** How long Temporal by its policy waits after this attempt before it makes the next, milliseconds. */
export function policyPauseMs(attempt: number): number {
  const { initialInterval, backoffCoefficient, maximumInterval, maximumAttempts } = CALL_RETRY;
  return Math.min(maximumInterval, initialInterval * backoffCoefficient ** Math.min(attempt - 1, maximumAttempts));
}

/**
 * Pause after an attempt, milliseconds. A Retry-After can only make it longer: attempts are counted, and an outage that asks for short pauses
 * would use them up within seconds. Chance only makes it longer, too, so that calls that failed together do not come back together and none
 * comes before its Retry-After.
 * @param random 0 ≤ … < 1
 */
export function retryPauseMs(attempt: number, retryAfterMs: number | undefined, random: number): number {
  return Math.round(Math.max(policyPauseMs(attempt), retryAfterMs ?? 0) * (1 + JITTER * random));
}
