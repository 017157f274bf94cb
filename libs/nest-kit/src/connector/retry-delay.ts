import { setTimeout as sleep } from 'node:timers/promises';

/** First and longest pause, in ms. */
export interface PauseSettings {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Pause before attempt `n + 1`: doubles from the first to the longest, each with a random half, so that a herd spreads out. */
export function pauseFor(attempt: number, pause: PauseSettings, random: () => number = Math.random): number {
  const full = Math.min(pause.longestMs, pause.firstMs * 2 ** Math.min(attempt - 1, 30));
  return full / 2 + (random() * full) / 2;
}

/** Sleeps for {@link pauseFor}; returns early, without an error, when the signal fires. */
export async function retryDelay(attempt: number, pause: PauseSettings, signal: AbortSignal): Promise<void> {
  await sleep(pauseFor(attempt, pause), undefined, { signal }).catch(() => undefined);
}
