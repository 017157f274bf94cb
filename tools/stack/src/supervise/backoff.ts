/** Longest wait before a restart, in milliseconds. */
export const MAX_RESTART_DELAY_MS = 5_000;
/**
 * A process that served this long starts over at once, in milliseconds. Short: whatever ends a process that serves comes from outside, and
 * a pause then adds to the outage; what ends before it serves is what must not spin.
 */
export const STABLE_AFTER_MS = 1_000;

/** How long to wait before restart number `consecutive` (0 = first death after it served): 0, 250 ms … 5 s. */
export function restartDelayMs(consecutive: number): number {
  if (consecutive <= 0) return 0;
  return Math.min(MAX_RESTART_DELAY_MS, 250 * 2 ** (consecutive - 1));
}

/** Deaths within {@link FREE_WITHIN_MS} of a process that served before each, before it has to wait as one that cannot start. */
export const FREE_DEATHS = 6;
export const FREE_WITHIN_MS = 60_000;
