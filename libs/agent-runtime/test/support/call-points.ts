/** Await points of a call in a worker, in their order. */
export const CALL_POINTS = ['before-claim', 'after-claim', 'request-sent', 'answer-received', 'outcome-stored', 'before-completion'] as const;

/** See {@link CALL_POINTS}. */
export type CallPoint = (typeof CALL_POINTS)[number];

/** A call that has come to a point. */
export interface CallAtPoint {
  readonly runId: string;
  readonly node: string;
  readonly name: CallPoint;
}

/** Lets one call of each chosen run stand at its point for ever, until the worker is killed. */
export class CallPoints {
  readonly #waiting = new Map<string, Omit<CallAtPoint, 'runId'>>();
  #reached = 0;

  /** Chooses the next call of a node. */
  choose({ runId, node, name }: CallAtPoint): void {
    this.#waiting.set(runId, { node, name });
  }

  /** How many calls stand at their points, or have stood there when the worker was killed. */
  get reached(): number {
    return this.#reached;
  }

  /** True when the call is to stand still. */
  holds({ runId, node, name }: CallAtPoint): boolean {
    const chosen = this.#waiting.get(runId);
    if (chosen?.node !== node || chosen.name !== name) return false;
    this.#waiting.delete(runId);
    this.#reached += 1;
    return true;
  }
}
