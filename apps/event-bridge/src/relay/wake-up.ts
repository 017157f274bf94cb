/** A bell that loses no ring: one that comes before the waiting ends the next wait at once. */
export class WakeUp {
  private rung = false;
  private waiter: (() => void) | undefined;

  /** Ends the present wait, or the next one. */
  ring(): void {
    this.rung = true;
    this.waiter?.();
  }

  /** Waits for a ring, for the time, or for the signal, whichever comes first. */
  async wait(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.rung && !signal.aborted) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.waiter = resolve;
        timer = setTimeout(resolve, timeoutMs);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      clearTimeout(timer);
      this.waiter = undefined;
    }
    this.rung = false;
  }
}
