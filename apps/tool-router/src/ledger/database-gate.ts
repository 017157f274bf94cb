import { HoldfastError } from '@holdfast/contracts/errors';

/** Options of {@link DatabaseGate}. */
export interface DatabaseGateOptions {
  /** Resolves when PostgreSQL answers. */
  ping(): Promise<void>;
  /** How long an answer counts. Default 1,000 ms. */
  readonly maxAgeMs?: number;
  /** Longest wait for an answer. Default 2,000 ms. */
  readonly timeoutMs?: number;
  /** Monotonic, milliseconds. */
  readonly now?: () => number;
}

/**
 * "When PostgreSQL is away the answer is no" (design.md §4) without a round trip per call: every record written is a proof that it is
 * there, and without a fresh proof it is asked before anything is called.
 */
export class DatabaseGate {
  readonly #options: Required<DatabaseGateOptions>;
  #provenAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(options: DatabaseGateOptions) {
    this.#options = { maxAgeMs: 1_000, timeoutMs: 2_000, now: () => performance.now(), ...options };
  }

  /** PostgreSQL just answered. */
  prove(): void {
    this.#provenAt = this.#options.now();
  }

  /** PostgreSQL just failed: the next call asks first. */
  doubt(): void {
    this.#provenAt = Number.NEGATIVE_INFINITY;
  }

  /**
   * @param fresh ask now, whatever was proven before: for calls that may not be repeated.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE (retryable)
   */
  async assertAvailable(fresh = false): Promise<void> {
    if (!fresh && this.#options.now() - this.#provenAt < this.#options.maxAgeMs) return;
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    await this.#asking;
  }

  async #ask(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer in time')), this.#options.timeoutMs);
    });
    try {
      await Promise.race([this.#options.ping(), timeout]);
      this.prove();
    } catch (cause) {
      this.doubt();
      throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'PostgreSQL is away: no tool is called without a record.', { cause, retryAfterMs: 1_000 });
    } finally {
      clearTimeout(timer);
    }
  }
}
