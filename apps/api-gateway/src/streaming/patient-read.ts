import { setTimeout as sleep } from 'node:timers/promises';
import { isHoldfastError } from '@holdfast/contracts/errors';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Reads until it works: an outage of PostgreSQL must not end a stream. Gives `undefined` when the signal fires first.
 * @throws what is not an outage
 */
export async function readPatiently<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  for (let attempt = 0; !signal.aborted; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (!isHoldfastError(error) || !error.retryable) throw error;
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10));
      await sleep(pause / 2 + (Math.random() * pause) / 2, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
