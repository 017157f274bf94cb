/**
 * So many calls of a run, and beside them so many sub-agents, are under way at once. Temporal lets a workflow have 2,000 pending activities and as
 * many children by default, and fails its workflow task again and again above that.
 */
export const MOST_UNDER_WAY = 100;

/** Lets so many calls of a run be under way at once; the others wait in order. */
export class CallSlots {
  private free: number;
  private readonly waiting: { readonly go: () => void; readonly refuse: (error: Error) => void }[] = [];
  private closed: Error | undefined;

  /** @param most calls at once */
  constructor(most: number) {
    this.free = most;
  }

  /** Takes a slot: at once, then undefined, or when the promise resolves. Rejects after {@link close}; the slot is not taken then. */
  take(): Promise<void> | undefined {
    if (this.closed !== undefined) return Promise.reject(this.closed);
    if (this.free > 0) {
      this.free -= 1;
      return undefined;
    }
    return new Promise((go, refuse) => this.waiting.push({ go, refuse }));
  }

  /** Gives a slot that was taken to whoever waits longest. */
  give(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free += 1;
    else next.go();
  }

  /** Refuses those that wait and all that come. */
  close(error: Error): void {
    this.closed ??= error;
    for (const { refuse } of this.waiting.splice(0)) refuse(this.closed);
  }
}
