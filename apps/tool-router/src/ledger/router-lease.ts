import { setTimeout as sleep } from 'node:timers/promises';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { LogSink } from '@holdfast/nest-kit';

/** Keeps leases; @holdfast/persistence's ToolRoutersRepository is one. */
export interface LeaseStore {
  /** The router counts as alive for so long from now, by the store's clock. Must end in bounded time. */
  renew(routerId: string, leaseMs: number): Promise<void>;
  /** The router is gone. */
  end(routerId: string): Promise<void>;
}

/** Options of {@link RouterLease}. */
export interface RouterLeaseOptions {
  readonly store: LeaseStore;
  /** Id of this process: a UUID that nobody had before. */
  readonly routerId: string;
  /** How long a renewal counts, milliseconds; it is repeated five times as often. */
  readonly leaseMs: number;
  readonly log: LogSink;
  /** Monotonic, milliseconds. Default `performance.now`. */
  readonly now?: () => number;
  /** Resolves after so many milliseconds, or when the signal aborts. Default a timer. */
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * This process's sign of life. Others may take its claims over once the lease has lapsed by the database's clock; by our own clock it lapses
 * a little earlier, because it counts from before the renewal was sent.
 */
export class RouterLease {
  readonly routerId: string;
  readonly #options: Required<RouterLeaseOptions>;
  readonly #ending = new AbortController();
  #heldUntil = Number.NEGATIVE_INFINITY;
  #renewing: Promise<void> | undefined;
  #loop: Promise<void> | undefined;
  #isLost = false;

  constructor(options: RouterLeaseOptions) {
    this.routerId = options.routerId;
    this.#options = { now: () => performance.now(), pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined), ...options };
  }

  /** Begins renewing; returns at once. A second call does nothing. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Whether nobody may have taken this router's claims over yet. */
  get isHeld(): boolean {
    return this.#options.now() < this.#heldUntil;
  }

  /** Tries to renew a lease that is not held. @throws HoldfastError DEPENDENCY_UNAVAILABLE (retryable) when that fails */
  async assertHeld(): Promise<void> {
    if (this.isHeld) return;
    await this.#renewed();
    if (!this.isHeld) throw lapsed();
  }

  /** PostgreSQL says that it has lapsed: the next call renews it first. */
  doubt(): void {
    this.#heldUntil = Number.NEGATIVE_INFINITY;
  }

  /** Gives the lease back, so that nobody waits for it to lapse. */
  async end(): Promise<void> {
    this.#ending.abort();
    await this.#loop;
    await this.#renewing;
    this.doubt();
    await this.#options.store.end(this.routerId).catch((error: unknown) => {
      this.#options.log.info({ err: error, router_id: this.routerId }, 'the lease could not be given back; it lapses by itself');
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const { leaseMs, now, pause } = this.#options;
    while (!signal.aborted) {
      const begunAt = now();
      await this.#renewed();
      // From begin to begin: a lease that a slow renewal has half used up is renewed at once.
      await pause(Math.max(0, leaseMs / 5 - (now() - begunAt)), signal);
    }
  }

  /** Shared by all who wait for it; never fails. */
  #renewed(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #renew(): Promise<void> {
    const { store, leaseMs, log, now } = this.#options;
    const sentAt = now();
    try {
      await store.renew(this.routerId, leaseMs);
      this.#heldUntil = sentAt + leaseMs;
      if (this.#isLost) log.info({ router_id: this.routerId }, 'this router renews its lease again');
      this.#isLost = false;
    } catch (error) {
      if (!this.#isLost) log.warn({ err: error, router_id: this.routerId }, 'this router cannot renew its lease: it will call nothing once it has lapsed');
      this.#isLost = true;
    }
  }
}

/** The refusal of a router without a lease. */
export function lapsed(): HoldfastError {
  return new HoldfastError('DEPENDENCY_UNAVAILABLE', 'This router could not renew its lease in PostgreSQL: no tool is called without one.', { retryAfterMs: 1_000 });
}
