import type { StreamEvent } from './run-projection';

/** A Server-Sent Event as text (WHATWG HTML §9.2.6). JSON never holds a raw line break, so one `data:` line is enough. */
export function sseFrame(event: StreamEvent): string {
  return `id: ${event.id}\nevent: ${event.event}\ndata: ${JSON.stringify(event.data ?? null)}\n\n`;
}

/** Keeps connections and the watchdogs of SDKs alive; a comment is no event. */
export const SSE_HEARTBEAT = ': heartbeat\n\n';

/** Tells the client to come back, and when. */
export function sseRetry(milliseconds: number): string {
  return `retry: ${milliseconds}\n\n`;
}

/**
 * Passes the source through and adds a filler at a steady pace, also while the source is silent or stuck.
 * @param everyMs pace of the fillers
 */
export async function* withFiller(source: AsyncGenerator<string, void, undefined>, filler: string, everyMs: number): AsyncGenerator<string, void, undefined> {
  let timer: NodeJS.Timeout | undefined;
  let tick = pace();
  function pace(): Promise<'tick'> {
    return new Promise((resolve) => (timer = setTimeout(() => resolve('tick'), everyMs)));
  }
  let next = source.next();
  try {
    for (;;) {
      const first = await Promise.race([next, tick]);
      if (first === 'tick') {
        yield filler;
        tick = pace();
        continue;
      }
      if (first.done === true) return;
      yield first.value;
      next = source.next();
    }
  } finally {
    clearTimeout(timer);
    // The pending `next` may wait for long; whoever owns the source ends it by its signal.
    next.catch(() => undefined);
    void source.return().catch(() => undefined);
  }
}
