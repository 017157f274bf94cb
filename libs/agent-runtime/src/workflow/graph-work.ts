/**
 * A replay drives the graph through all that an execution holds, and has to end within a workflow task (10 s). Measured on two cores: 5,200
 * supersteps took 14 s, so 500 take 1.4 s. A superstep of one node has five chunks.
 */
const MOST_IN_EXECUTION = 2_500;

/**
 * Up to here without an end of the workflow task, about 0.3 s: a cancel waits for that end, the watchdog ends an activation after 5 s, and what is
 * not recorded is done again.
 */
const MOST_IN_ROW = 500;

/** Bytes of a state that take as long to write as a chunk takes in LangGraph. */
const BYTES_OF_UNIT = 16_384;

/**
 * What graphs did in a workflow execution, as a replay has to do it again: the chunks that LangGraph emitted and the bytes of the states. Events
 * do not tell: supersteps without calls have none. A clock does not either: it stands elsewhere in a replay.
 */
export class GraphWork {
  private done = 0;
  private inRow = 0;

  /** A chunk of any namespace. @param bytes of the state that comes with it to be written */
  add(bytes = 0): void {
    const units = 1 + Math.floor(bytes / BYTES_OF_UNIT);
    this.done += units;
    this.inRow += units;
  }

  /** True when the execution should hold no more: another one goes on. */
  get isMuch(): boolean {
    return this.done >= MOST_IN_EXECUTION;
  }

  /** True when the workflow task should end before the graph goes on. */
  get isRowLong(): boolean {
    return this.inRow >= MOST_IN_ROW;
  }

  /** The workflow task ends. */
  endRow(): void {
    this.inRow = 0;
  }
}

interface Scope {
  __holdfastGraphWork?: GraphWork;
}

/** That of this workflow execution: see `localResults`. */
export function graphWork(): GraphWork {
  const scope = globalThis as unknown as Scope;
  scope.__holdfastGraphWork ??= new GraphWork();
  return scope.__holdfastGraphWork;
}
