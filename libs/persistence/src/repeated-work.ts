import type { TenantScope } from './tenant-scope';

/** So many are remembered: what is executed again after the death of a worker is under way at the same time. */
const MOST = 10_000;

/**
 * Executions of runs, and tasks of runs, that this process repeats: what it commits may stand in the journal, under whatever numbers. Whoever executes a
 * workflow task again makes its first commit with a number that is known: a process learns of it before it matters, and nobody else has to look. Only when
 * a third one takes over behind all numbers of the first, may frames be told twice.
 */
export class RepeatedWork {
  /** Oldest first; with the superstep behind which all is new, where that is known. */
  readonly #work = new Map<string, number | undefined>();

  has(scope: TenantScope, ...ids: readonly string[]): boolean {
    return this.#work.has(keyOf(scope, ids));
  }

  note(scope: TenantScope, ...ids: readonly string[]): void {
    this.forget(scope, ...ids);
    this.#work.set(keyOf(scope, ids), undefined);
    const [oldest] = this.#work.keys();
    if (this.#work.size > MOST && oldest !== undefined) this.#work.delete(oldest);
  }

  /** What comes behind this superstep was never told; the first that says so is right: later ones see what we told ourselves. */
  setLastTold(step: number, scope: TenantScope, ...ids: readonly string[]): void {
    const key = keyOf(scope, ids);
    if (this.#work.has(key)) this.#work.set(key, this.#work.get(key) ?? step);
  }

  /** Undefined when nobody has said so yet. */
  lastTold(scope: TenantScope, ...ids: readonly string[]): number | undefined {
    return this.#work.get(keyOf(scope, ids));
  }

  /** It does what is new from here on, or is over. */
  forget(scope: TenantScope, ...ids: readonly string[]): void {
    this.#work.delete(keyOf(scope, ids));
  }
}

/** Callers may choose run ids: two tenants may have the same one. */
function keyOf({ tenantId }: TenantScope, ids: readonly string[]): string {
  return [tenantId, ...ids].join(' ');
}
