import { setTimeout as sleep } from 'node:timers/promises';
import { isHoldfastError } from '@holdfast/contracts/errors';
import type { LogSink } from '../logging/logger';

/** Options of {@link RepeatingRound}. */
export interface RepeatingRoundSettings {
  /** Of the work, for logs. */
  readonly name: string;
  /** Does a bounded piece of the work; true when there is more to do at once. */
  round(): Promise<boolean>;
  /** Pause between two rounds when there is no more to do, ms; varied by a quarter, so that replicas do not work in step. */
  readonly pauseMs: number;
  readonly log: LogSink;
}

/** Repeats a round of work until it is stopped, whatever goes wrong in a round. */
export class RepeatingRound {
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(private readonly settings: RepeatingRoundSettings) {}

  /** Begins. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends after the round under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { name, round, pauseMs, log } = this.settings;
    const { signal } = this.#stopping;
    let healthy = true;
    while (!signal.aborted) {
      let more = false;
      try {
        more = await round();
        healthy = true;
      } catch (error) {
        // One line per outage: readiness reports it too.
        if (healthy && !(isHoldfastError(error) && error.retryable)) log.error({ err: error }, `${name} failed`);
        healthy = false;
      }
      await sleep(more ? 0 : pauseMs * (0.75 + Math.random() * 0.5), undefined, { signal }).catch(() => undefined);
    }
  }
}
