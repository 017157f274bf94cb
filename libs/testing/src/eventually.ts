import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks until the answer is neither `undefined` nor `false`, and gives it back.
 *
 * @param what said when it never comes
 * @param timeoutMs how long to ask, in ms
 */
export async function eventually<T>(what: string, probe: () => T | undefined | false | Promise<T | undefined | false>, timeoutMs = 15_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await sleep(25);
  }
}
