/** Wakes one waiting loop. A wake-up that comes while nobody waits ends the next wait at once: none is lost. */
export class WakeSignal {
  private isSet = false;
  private waiter: (() => void) | undefined;

  /** Wakes the loop, now or at its next wait. */
  wake(): void {
    this.isSet = true;
    this.waiter?.();
  }

  /** Waits until woken, until the time is over, or for the signal, whichever comes first. For one caller at a time. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.isSet && !signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      let done = (): void => undefined;
      await new Promise<void>((resolve) => {
        done = resolve;
        this.waiter = resolve;
        timer = setTimeout(resolve, timeoutMs);
        signal.addEventListener('abort', done, { once: true });
      });
      clearTimeout(timer);
      // The signal may live as long as the process: what stays on it, stays in memory.
      signal.removeEventListener('abort', done);
      this.waiter = undefined;
    }
    this.isSet = false;
  }
}
