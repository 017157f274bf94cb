import { median } from '../statistics';
import type { RuntimeReport } from './report';

/** Heap that a worker may hold of a run that waits (issue 4, Speed). */
const MOST_HEAP_KIB_PER_WAITING_RUN = 80;
/** Growth from the middle third of a soak to its end that is still called flat: what the collector's own moods amount to. */
const MOST_GROWTH = 0.1;

/** What does not hang on how fast a machine is, and yet does not hold; empty when all of it does. */
export function shortfalls({ waiting, soak }: Pick<RuntimeReport, 'waiting' | 'soak'>): string[] {
  const found: string[] = [];
  const [ours] = waiting ?? [];
  if (ours !== undefined && ours.heapKibPerRun > MOST_HEAP_KIB_PER_WAITING_RUN) {
    found.push(`a waiting run holds ${ours.heapKibPerRun.toFixed(0)} KiB of the worker's heap, more than ${MOST_HEAP_KIB_PER_WAITING_RUN}`);
  }
  const growth = soak === undefined ? 0 : growthOf(soak.residentMiB);
  if (growth > MOST_GROWTH) found.push(`the worker's memory grew by ${(growth * 100).toFixed(0)} % in the second half of ${soak?.runs} runs`);
  return found;
}

/** From the looks around the middle to the last ones; a worker's first runs fill its caches. */
export function growthOf(looks: readonly number[]): number {
  const third = Math.floor(looks.length / 3);
  return median(looks.slice(-third)) / median(looks.slice(third, 2 * third)) - 1;
}
