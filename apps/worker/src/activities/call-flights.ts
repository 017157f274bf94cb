/** How long a call goes on that nobody waits for between two lanes, milliseconds; a busy worker needs seconds to begin an activity. */
export const LINGER_MS = 30_000;

/** Whose call it is. */
export interface FlightOwner {
  readonly tenantId: string;
  readonly runId: string;
}

interface Entry {
  readonly owner: FlightOwner;
  readonly result: Promise<unknown>;
  readonly abort: AbortController;
  joined: number;
  settled: boolean;
  linger: NodeJS.Timeout | undefined;
}

/** One attempt's part in a call that is under way. */
export interface Flight<A> {
  readonly result: Promise<A>;
  /** Fires when the call is ended although it has not answered; what it rejects with then says nothing. */
  readonly signal: AbortSignal;
  /**
   * Ends the part, once. Without a successor the call ends with its last participant; with one it goes on for {@link LINGER_MS} and is there to be
   * joined, also when it has ended meanwhile.
   */
  leave(withSuccessor: boolean): void;
}

/**
 * The calls that are under way in this process. An attempt that finds its call here joins it: the local lane hands long calls over to
 * the normal one, and a workflow task that timed out is executed again while its calls still run.
 */
export class CallFlights {
  readonly #entries = new Map<string, Entry>();

  /** Calls under way. */
  get size(): number {
    return this.#entries.size;
  }

  /**
   * Joins the call, or begins it for its owner.
   * @param begin makes the call; its signal fires when nobody waits for it any more
   */
  join<A>(key: string, owner: FlightOwner, begin: (signal: AbortSignal) => Promise<A>): Flight<A> {
    const entry = this.#entries.get(key) ?? this.#begin(key, owner, begin);
    entry.joined += 1;
    clearTimeout(entry.linger);
    let left = false;
    return {
      result: entry.result as Promise<A>,
      signal: entry.abort.signal,
      leave: (withSuccessor) => {
        if (left) return;
        left = true;
        entry.joined -= 1;
        if (entry.joined > 0) return;
        if (withSuccessor) entry.linger = setTimeout(() => this.#end(key, entry), LINGER_MS);
        else this.#end(key, entry);
      },
    };
  }

  /**
   * Ends the calls of a run that is over. A heartbeat would tell them later, and those between the two lanes have none.
   */
  endRun({ tenantId, runId }: FlightOwner): void {
    for (const [key, entry] of this.#entries) if (entry.owner.tenantId === tenantId && entry.owner.runId === runId) this.#end(key, entry);
  }

  #begin(key: string, owner: FlightOwner, begin: (signal: AbortSignal) => Promise<unknown>): Entry {
    const abort = new AbortController();
    const entry: Entry = { owner, result: begin(abort.signal), abort, joined: 0, settled: false, linger: undefined };
    this.#entries.set(key, entry);
    const settle = (): void => {
      entry.settled = true;
      // Whoever waits has the outcome; an attempt that comes later asks the ledger.
      if (entry.joined > 0) this.#forget(key, entry);
    };
    entry.result.then(settle, settle);
    return entry;
  }

  #end(key: string, entry: Entry): void {
    this.#forget(key, entry);
    if (!entry.settled) entry.abort.abort(new DOMException('nobody waits for the call any more', 'AbortError'));
  }

  #forget(key: string, entry: Entry): void {
    clearTimeout(entry.linger);
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
