/** Longest wait before a restart, in milliseconds. */
export const MAX_RESTART_DELAY_MS = 5_000;
/** A process that ran this long starts over at once, in milliseconds. */
export const STABLE_AFTER_MS = 20_000;

/** How long to wait before restart number `consecutive` (0 = first death after a stable run): 0, 250 ms … 5 s. */
export function restartDelayMs(consecutive: number): number {
  if (consecutive <= 0) return 0;
  return Math.min(MAX_RESTART_DELAY_MS, 250 * 2 ** (consecutive - 1));
}
