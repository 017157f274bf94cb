/** Work that both sides do with the same calls. */
export interface Workload {
  readonly name: string;
  /** Graph of the Holdfast side; takes `{ input }` and gives `{ results }`. */
  readonly graphId: string;
  /** `sync`: the calls are normal activities, which Temporal gets before the next one begins. Default: the local lane. */
  readonly durability?: 'sync';
  /** Workflow of the plain side; takes the input and gives the results. */
  readonly workflow: 'threeCalls' | 'fanOut' | 'tenTurns' | 'manySteps' | 'threeWaits' | 'longWait';
  /** How many results there are; each holds the input. */
  readonly results: number;
}

/** Three nodes with a call each: what the targets of the design speak of. */
export const THREE_CALLS: Workload = { name: 'three calls', graphId: 'three-calls', workflow: 'threeCalls', results: 3 };

/** True when `results` are those of a run with this input: a wrong answer must not count as a fast one. */
export function areRight(workload: Workload, results: unknown, input: string): boolean {
  return Array.isArray(results) && results.length === workload.results && results.every((text) => String(text).includes(input));
}
