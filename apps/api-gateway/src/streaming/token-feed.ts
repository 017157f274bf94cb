import type { TokenChunk } from '@holdfast/contracts/messages';
import { readTokens, type NatsLink, type WakeSignal } from '@holdfast/event-bus';

/** Most chunks kept for a viewer that does not read; what is dropped comes with the finished message. */
export const MAX_WAITING_CHUNKS = 2_048;

/** Collects a run's tokens for a loop that also waits for other things. Ends with the signal. */
export class TokenFeed {
  #waiting: TokenChunk[] = [];

  constructor(link: NatsLink, address: { tenantId: string; runId: string }, wake: WakeSignal, signal: AbortSignal) {
    void this.#collect(link, address, wake, signal);
  }

  /** What has come since the last call. */
  take(): TokenChunk[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  async #collect(link: NatsLink, address: { tenantId: string; runId: string }, wake: WakeSignal, signal: AbortSignal): Promise<void> {
    try {
      for await (const chunk of readTokens(link, address, { signal })) {
        if (this.#waiting.length >= MAX_WAITING_CHUNKS) continue;
        this.#waiting.push(chunk);
        wake.wake();
      }
    } catch {
      // Tokens are a convenience: without them the viewer gets whole messages from the journal.
    }
  }
}
