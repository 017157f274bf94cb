import { THREE_CALLS, type Workload } from '../workload';

/** What `bench runtime` lets both sides do; the graphs are those of tools/bench/graphs. */
export const WORKLOADS: readonly Workload[] = [
  THREE_CALLS,
  { ...THREE_CALLS, name: 'three calls, sync lane', durability: 'sync' },
  { name: 'ten turns', graphId: 'bench-ten-turns', workflow: 'tenTurns', results: 10 },
  { name: 'fan-out of 20', graphId: 'bench-fan-out', workflow: 'fanOut', results: 20 },
];

/** The long run that is replayed. */
export const MANY_STEPS: Workload = { name: '200 supersteps', graphId: 'bench-many-steps', workflow: 'manySteps', results: 200 };

/** Waits of a second, three of them, one after the other. */
export const THREE_WAITS: Workload = { name: 'three waits of 1 s', graphId: 'bench-three-waits', workflow: 'threeWaits', results: 3 };

/** A wait long enough for many runs to wait at the same time, with a call before and after. */
export const LONG_WAIT: Workload = { name: 'a long wait', graphId: 'bench-long-wait', workflow: 'longWait', results: 2 };
