import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackUnderTest } from './stack-under-test';

/** The longest run of the bench waits 150 s, and may be one of a thousand that start together. */
const DEADLINE_MS = 600_000;
/** Before a request that was refused for now is sent again, as the SDK does it. */
const REFUSED_PAUSE_MS = 250;

/** Requests of the bench to the public API. */
export class BenchApi {
  /** Requests that were answered 429 or 503 and sent again; their time counts. */
  refused = 0;

  constructor(private readonly stack: Pick<StackUnderTest, 'apiUrl' | 'apiKey'>) {}

  /** @throws DOMException TimeoutError after ten minutes */
  post(path: string, body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    return fetch(`${this.stack.apiUrl}${path}`, {
      method: 'POST',
      headers: { 'x-api-key': this.stack.apiKey, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
  }

  /** Sends a request again while it is put off; a repeat makes no second run. */
  async accepted(path: string, body: object): Promise<Response> {
    const key = randomUUID();
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const response = await this.post(path, body, { 'idempotency-key': key });
      if ((response.status !== 429 && response.status !== 503) || performance.now() > deadline) return response;
      await response.body?.cancel();
      this.refused += 1;
      await sleep(REFUSED_PAUSE_MS);
    }
  }
}
