/** Wakes one waiting loop. Signals that come while nobody waits are remembered, so none is lost. */
export class WakeSignal {
  #set = false;
  #waiter: (() => void) | undefined;

  /** Wakes the loop, now or at its next wait. */
  wake(): void {
    this.#set = true;
    this.#waiter?.();
  }

  /** Resolves when woken, when the time is over, or when the signal fires. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#set && !signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      let done = (): void => undefined;
      await new Promise<void>((resolve) => {
        done = resolve;
        this.#waiter = resolve;
        timer = setTimeout(resolve, timeoutMs);
        signal.addEventListener('abort', done, { once: true });
      });
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      this.#waiter = undefined;
    }
    this.#set = false;
  }
}
