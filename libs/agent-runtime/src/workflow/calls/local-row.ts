/**
 * So many calls in a row may be local. Their answers are recorded when the workflow task completes, and an execution that never lets go
 * would come to more than one message may hold; a normal call ends the task.
 */
const MOST_LOCAL_IN_A_ROW = 64;

/**
 * Calls in a row are local until they have taken this long together, milliseconds: cancels and further runs wait for the end of the workflow
 * task. Counted from what the answers say: the workflow's clock does not stand at the same time when results are replayed in other groups.
 */
const LONGEST_ROW_MS = 500;

/** The local calls of a run since its workflow task last ended. */
export class LocalRow {
  private calls = 0;
  private ms = 0;

  /** Counts a call that is about to be made. @returns whether it may be local */
  take(): boolean {
    this.calls += 1;
    return this.calls <= MOST_LOCAL_IN_A_ROW && this.ms < LONGEST_ROW_MS;
  }

  /** A local call was answered. @param ms what it took, by the answer */
  took(ms: number): void {
    this.ms += ms;
  }

  /** The workflow task ends, and what was local is recorded. */
  end(): void {
    this.calls = 0;
    this.ms = 0;
  }

  /** Ends with a call whose answer comes in another workflow task. Not when it is scheduled: others go on in this one. */
  async endsWith<A>(call: Promise<A>): Promise<A> {
    try {
      return await call;
    } finally {
      this.end();
    }
  }
}
