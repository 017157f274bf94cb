import type { TenantScope } from './tenant-scope';

/** So many are remembered: what is executed again after the death of a worker is under way at the same time. */
const MOST = 10_000;

/**
 * Executions of runs, and tasks of runs, that this process repeats: what it commits may stand in the journal, under whatever numbers. Whoever executes a
 * workflow task again makes its first commit with a number that is known: a process learns of it before it matters, and nobody else has to look.
 */
export class RepeatedWork {
  /** Oldest first. */
  readonly #keys = new Set<string>();

  has(scope: TenantScope, ...ids: readonly string[]): boolean {
    return this.#keys.has(keyOf(scope, ids));
  }

  note(scope: TenantScope, ...ids: readonly string[]): void {
    this.forget(scope, ...ids);
    this.#keys.add(keyOf(scope, ids));
    const [oldest] = this.#keys;
    if (this.#keys.size > MOST && oldest !== undefined) this.#keys.delete(oldest);
  }

  /** It does what is new from here on, or is over. */
  forget(scope: TenantScope, ...ids: readonly string[]): void {
    this.#keys.delete(keyOf(scope, ids));
  }
}

/** Callers may choose run ids: two tenants may have the same one. */
function keyOf({ tenantId }: TenantScope, ids: readonly string[]): string {
  return [tenantId, ...ids].join(' ');
}
