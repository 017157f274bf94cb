import { HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import type { TenantScope } from './tenant-scope';

/** Writes items of one tenant in one statement and answers in their order. */
export type BatchWrite<I, O, S extends TenantScope = TenantScope> = (scope: S, items: readonly I[]) => Promise<readonly O[]>;

interface Waiting<I, O> {
  readonly item: I;
  readonly resolve: (reply: O) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane<I, O, S> {
  readonly scope: S;
  readonly waiting: Waiting<I, O>[];
}

const MAX_BATCH = 200;
const MAX_WAITING = 10_000;

/**
 * Lets items of a tenant share statements: while one is under way the next items gather and go together. No item waits for company, and a
 * busy tenant costs few transactions.
 */
export class TenantBatcher<I, O, S extends TenantScope = TenantScope> {
  readonly #lanes = new Map<string, Lane<I, O, S>>();
  #waiting = 0;

  constructor(private readonly write: BatchWrite<I, O, S>) {}

  /** Resolves with the item's reply. @throws what the statement throws; HoldfastError DEPENDENCY_UNAVAILABLE when too many wait. */
  async submit(scope: S, item: I): Promise<O> {
    if (this.#waiting >= MAX_WAITING) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'Too many calls wait for PostgreSQL.', { retryAfterMs: 1_000 });
    this.#waiting += 1;
    try {
      return await new Promise<O>((resolve, reject) => {
        const waiting: Waiting<I, O> = { item, resolve, reject };
        const lane = this.#lanes.get(scope.tenantId);
        if (lane !== undefined) {
          lane.waiting.push(waiting);
          return;
        }
        const opened: Lane<I, O, S> = { scope, waiting: [waiting] };
        this.#lanes.set(scope.tenantId, opened);
        void this.#drain(opened);
      });
    } finally {
      this.#waiting -= 1;
    }
  }

  async #drain(lane: Lane<I, O, S>): Promise<void> {
    while (lane.waiting.length > 0) await this.#send(lane.scope, lane.waiting.splice(0, MAX_BATCH));
    this.#lanes.delete(lane.scope.tenantId);
  }

  async #send(scope: S, batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const replies = await this.write(
        scope,
        batch.map(({ item }) => item),
      );
      batch.forEach(({ resolve }, i) => resolve(replies[i] as O));
    } catch (error) {
      // One item that cannot be stored must not take the others with it, each time they are tried again.
      const isOfOneItem = batch.length > 1 && !(isHoldfastError(error) && error.retryable);
      if (isOfOneItem) for (const waiting of batch) await this.#send(scope, [waiting]);
      else for (const { reject } of batch) reject(error);
    }
  }
}
