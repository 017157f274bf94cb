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
  readonly #chosen = new Map<string, Omit<CallAtPoint, 'runId'>>();
  #standing = 0;
  #since = 0;

  /** Chooses the next call of a node. */
  choose({ runId, node, name }: CallAtPoint): void {
    this.#chosen.set(runId, { node, name });
  }

  /** How many calls stand at their points. */
  get standing(): number {
    return this.#standing;
  }

  /** How long the first of them has been standing, milliseconds. */
  get stoodMs(): number {
    return this.#standing === 0 ? 0 : performance.now() - this.#since;
  }

  /** The worker in which they stood is gone. */
  forget(): void {
    this.#standing = 0;
  }

  /** True when the call is to stand still. */
  holds({ runId, node, name }: CallAtPoint): boolean {
    const chosen = this.#chosen.get(runId);
    if (chosen?.node !== node || chosen.name !== name) return false;
    this.#chosen.delete(runId);
    if (this.#standing === 0) this.#since = performance.now();
    this.#standing += 1;
    return true;
  }
}
