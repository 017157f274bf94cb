import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const REQUEST_TIMEOUT_MS = 15_000;
/** Between two looks at all runs, ms. */
const LOOK_MS = 1_000;
/** A few kinds of work; a sum of eight numbers is about ten calls of the model, made slow by its directive. */
const WORK = [
  ['react', 'What is the sum of 1, 2, 3, 4, 5, 6, 7 and 8? slow:900'],
  ['plan-execute-review', 'What is the sum of 1, 2, 3, 4 and 5? slow:900'],
  ['swarm', 'What is the sum of 1, 2, 3, 4 and 5? slow:900'],
] as const;

const threadSchema = z.looseObject({ thread_id: z.string() });
const runSchema = z.looseObject({ run_id: z.string(), status: z.string() });

interface StartedRun {
  readonly threadId: string;
  readonly runId: string;
}

/** Runs through the public API, started at an even pace, and what became of them. */
export class WatchedRuns {
  readonly #started: StartedRun[] = [];
  readonly #ended = new Map<string, string>();

  constructor(
    private readonly api: { readonly url: string; readonly apiKey: string },
    private readonly signal: AbortSignal,
  ) {}

  get started(): number {
    return this.#started.length;
  }

  /** How many ended how. */
  get ends(): Readonly<Record<string, number>> {
    const ends: Record<string, number> = {};
    for (const status of this.#ended.values()) ends[status] = (ends[status] ?? 0) + 1;
    return ends;
  }

  /** Starts so many runs, one every `everyMs`. */
  async start(count: number, everyMs: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const [graphId, question] = WORK[i % WORK.length]!;
      const { thread_id: threadId } = threadSchema.parse(await this.#send('POST', '/threads', {}));
      const body = { assistant_id: graphId, input: { messages: [{ role: 'user', content: question }] } };
      const { run_id: runId } = runSchema.parse(await this.#send('POST', `/threads/${threadId}/runs`, body));
      this.#started.push({ threadId, runId });
      await sleep(everyMs, undefined, { signal: this.signal });
    }
  }

  /** Waits until all have ended. @throws Error when some have not within the limit */
  async untilEnded(limitMs: number): Promise<void> {
    const giveUpAt = performance.now() + limitMs;
    for (;;) {
      for (const { threadId, runId } of this.#started) {
        if (this.#ended.has(runId)) continue;
        const { status } = runSchema.parse(await this.#send('GET', `/threads/${threadId}/runs/${runId}`));
        if (status !== 'pending' && status !== 'running') this.#ended.set(runId, status);
      }
      if (this.#ended.size === this.#started.length) return;
      if (performance.now() > giveUpAt) throw new Error(`${this.#started.length - this.#ended.size} of ${this.#started.length} runs have not ended within ${limitMs} ms`);
      await sleep(LOOK_MS, undefined, { signal: this.signal });
    }
  }

  async #send(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.api.url}${path}`, {
      method,
      headers: { 'x-api-key': this.api.apiKey, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
    return JSON.parse(text);
  }
}
