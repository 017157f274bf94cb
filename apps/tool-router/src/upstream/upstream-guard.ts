import { HoldfastError } from '@holdfast/contracts/errors';
import {
  CircuitState,
  ConsecutiveBreaker,
  bulkhead,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
  isBulkheadRejectedError,
  isTaskCancelledError,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
} from 'cockatiel';
import { isMcpCallError } from '@holdfast/mcp-adapters';
import { LRUCache } from 'lru-cache';
import type { CatalogueServer } from '../catalogue/catalogue.schema';

/** The outcome of {@link UpstreamGuard.run}: the work's result, or that it was not begun because the circuit is open. */
export type Guarded<T> = { readonly open: false; readonly value: T } | { readonly open: true; readonly retryAfterMs: number };

interface Policies {
  readonly server: string;
  readonly breaker: CircuitBreakerPolicy;
  readonly bulkhead: BulkheadPolicy;
  /** When the pause after the last break ends. */
  openUntil: number;
}

// A tenant's policies are forgotten when this many others were used since; its breaker then starts closed again.
const MAX_PAIRS = 5_000;

/**
 * Bulkhead and circuit breaker per tenant and server: one tenant cannot take a server's capacity from the others, and a server that
 * keeps failing is left alone for a while. Timeouts belong to the call itself.
 */
export class UpstreamGuard {
  readonly #policies = new LRUCache<string, Policies>({ max: MAX_PAIRS });

  constructor(private readonly now: () => number = () => performance.now()) {}

  /**
   * Runs the work within the limits.
   * @throws HoldfastError TOOL_BUSY when too many calls wait already, and whatever the work throws.
   */
  async run<T>(tenantId: string, server: string, settings: CatalogueServer, signal: AbortSignal, work: () => Promise<T>): Promise<Guarded<T>> {
    const policies = this.#of(tenantId, server, settings);
    try {
      // The breaker inside: a call that waited for a slot asks again whether the circuit is still closed.
      const value = await policies.bulkhead.execute(() => policies.breaker.execute(work), signal);
      return { open: false, value };
    } catch (error) {
      if (isBrokenCircuitError(error)) {
        return { open: true, retryAfterMs: Math.max(0, Math.ceil(policies.openUntil - this.now())) };
      }
      if (isBulkheadRejectedError(error)) {
        throw new HoldfastError('TOOL_BUSY', `Too many calls to the tool server ${server} are under way.`, { retryAfterMs: 500 });
      }
      // Cancelled while it waited for a slot: nothing was begun.
      if (isTaskCancelledError(error)) throw new HoldfastError('DEADLINE_EXCEEDED', 'The call was cancelled before it began.');
      throw error;
    }
  }

  /** How many tenants' circuits to each server are open; servers without one are left out. For metrics. */
  openCircuits(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { server, breaker, openUntil } of this.#policies.values()) {
      // The breaker of a tenant that does not call again stays open for ever, but refuses nothing after the pause.
      if (breaker.state !== CircuitState.Open || this.now() >= openUntil) continue;
      counts.set(server, (counts.get(server) ?? 0) + 1);
    }
    return counts;
  }

  #of(tenantId: string, server: string, settings: CatalogueServer): Policies {
    const key = `${tenantId}/${server}`;
    const known = this.#policies.get(key);
    if (known !== undefined) return known;
    const breaker = circuitBreaker(handleWhen(isServerFailure), {
      halfOpenAfter: settings.breaker.openMs,
      breaker: new ConsecutiveBreaker(settings.breaker.failures),
    });
    const made: Policies = { server, breaker, bulkhead: bulkhead(settings.concurrency.calls, settings.concurrency.queue), openUntil: 0 };
    breaker.onBreak(() => (made.openUntil = this.now() + settings.breaker.openMs));
    this.#policies.set(key, made);
    return made;
  }
}

/** Failures that speak against the server. What it answered, even an error, and what callers cancelled do not. */
function isServerFailure(error: unknown): boolean {
  return isMcpCallError(error) && (error.code === 'UNAVAILABLE' || error.code === 'LOST' || error.code === 'TIMEOUT');
}
