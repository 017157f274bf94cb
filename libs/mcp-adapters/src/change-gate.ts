/** Lets waiters sleep until something changes. */
export class ChangeGate {
  readonly #waiters = new Set<() => void>();

  /** Resolves at the next {@link open}, when the time is over, or when the signal fires; which of them the caller looks up itself. */
  wait(timeoutMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiters.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  /** Wakes everybody who waits now. */
  open(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}
