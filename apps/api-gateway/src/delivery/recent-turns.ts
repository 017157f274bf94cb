import { LRUCache } from 'lru-cache';

/** Turns that follow one another this soon are a conversation, ms. */
const SOON_MS = 5 * 60_000;
/** Most threads that are remembered; a forgotten one begins its conversation anew. */
const MAX_THREADS = 50_000;

interface LastTurn {
  readonly runId: string;
  /** Whether its workflow was told to linger. */
  readonly lingers: boolean;
}

/** What a turn's delivery says of lingering. */
export interface TurnPlan {
  /** For the workflow, milliseconds; absent: it completes after the turn. */
  readonly lingerMs?: number;
  /** The workflow probably lingers since the turn before. */
  readonly lingers: boolean;
}

/**
 * Which threads are in conversation, as far as this process has seen: their workflows are let linger for the next turn. The timer of a
 * lingering workflow costs a workflow task, so first turns and threads with one turn do not pay for it. Only a guess: another gateway's turns are
 * not known here, and a wrong guess costs a call to Temporal.
 */
export class RecentTurns {
  readonly #last: LRUCache<string, LastTurn>;

  /** @param lingerMs how long a thread lingers, milliseconds; 0: never */
  constructor(
    private readonly lingerMs: number,
    now: () => number = () => performance.now(),
  ) {
    this.#last = new LRUCache({ max: MAX_THREADS, ttl: SOON_MS, perf: { now } });
  }

  /** Notes a turn that is being delivered, and gives its plan. A repeated delivery is no further turn. */
  next(tenantId: string, threadId: string, runId: string): TurnPlan {
    if (this.lingerMs === 0) return { lingers: false };
    const key = `${tenantId}/${threadId}`;
    const last = this.#last.get(key);
    const isNext = last !== undefined && last.runId !== runId;
    const lingers = isNext || (last?.lingers ?? false);
    this.#last.set(key, { runId, lingers });
    return { lingers: isNext && last.lingers, ...(lingers ? { lingerMs: this.lingerMs } : {}) };
  }
}
