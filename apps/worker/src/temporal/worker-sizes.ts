import { getHeapStatistics } from 'node:v8';

/** Sizes of the Temporal worker. */
export interface WorkerSizes {
  /** Open workflows kept in memory; beyond it the least recently used one is replayed when it goes on. */
  readonly maxCachedWorkflows: number;
  readonly maxConcurrentWorkflowTaskExecutions: number;
  readonly maxConcurrentWorkflowTaskPolls: number;
  readonly maxConcurrentLocalActivityExecutions: number;
  readonly maxConcurrentActivityTaskExecutions: number;
  readonly maxConcurrentActivityTaskPolls: number;
}

const KIB_PER_CACHED_WORKFLOW = 250;
const SHARE_OF_HEAP = 0.4;
/** More than {@link WorkerSizes.maxConcurrentWorkflowTaskExecutions}: the SDK evicts even a run whose task is under way, and that task waits 10 s. */
const FEWEST_CACHED = 200;
const MOST_CACHED = 3_000;

/**
 * Sizes for a worker of two cores (temporal.md §2 "Slots", §4.4). The SDK's cache counts and does not look at memory, so the count
 * comes from the heap: a waiting run measures 52 to 86 KB of heap and 115 to 212 KB of memory, counted here as 250. One workflow thread is busy long
 * before 100 tasks are in flight; each may have some calls in the local lane. Activities mostly wait for models and tools, so their slots
 * are as many as runs may wait at once: with 200, agents whose model takes 15 s would start 13 calls a second, whatever the processor
 * could do.
 */
export function workerSizes(heapLimitBytes: number = getHeapStatistics().heap_size_limit): WorkerSizes {
  const cached = Math.floor((heapLimitBytes * SHARE_OF_HEAP) / (KIB_PER_CACHED_WORKFLOW * 1024));
  return {
    maxCachedWorkflows: Math.min(MOST_CACHED, Math.max(FEWEST_CACHED, cached)),
    maxConcurrentWorkflowTaskExecutions: 100,
    maxConcurrentWorkflowTaskPolls: 10,
    maxConcurrentLocalActivityExecutions: 500,
    maxConcurrentActivityTaskExecutions: 1_000,
    maxConcurrentActivityTaskPolls: 5,
  };
}
