import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again until the answer is there.
 * @param what for the error message
 * @param look undefined or false: not yet; what it throws counts as not yet, too
 * @throws Error naming what was waited for and the last problem
 */
export async function waitUntil<T>(what: string, look: () => Promise<T | undefined | false> | T | undefined | false, options: { readonly timeoutMs?: number; readonly everyMs?: number } = {}): Promise<T> {
  const { timeoutMs = 20_000, everyMs = 100 } = options;
  const end = performance.now() + timeoutMs;
  let problem: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      problem = undefined;
    } catch (error) {
      problem = error;
    }
    if (performance.now() >= end) throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: problem });
    await sleep(everyMs);
  }
}
