import { setTimeout as sleep } from 'node:timers/promises';
import { type Subject, load } from '../subject';
import { type WorkerUnderTest, look } from './worker-memory';

const LOOK_EVERY_MS = 10_000;

/** What a worker holds of runs that wait in open workflows. */
export interface WaitingFigures {
  readonly name: string;
  readonly runs: number;
  /** Growth of the heap in use in all of the worker's threads, garbage collected, until just before the first one went on, KiB per run. */
  readonly heapKibPerRun: number;
  /** The same of its resident memory: what the SDK's native half and the collector keep besides. */
  readonly memoryKibPerRun: number;
}

/** Starts `runs` that wait in open workflows, and looks at the worker's memory until the first one goes on. */
export async function measureWaiting(subject: Subject, runs: number, worker: WorkerUnderTest): Promise<WaitingFigures> {
  let firstIsOver = false;
  const watched: Subject = {
    name: subject.name,
    run: (index) => subject.run(index).finally(() => (firstIsOver = true)),
    historyBytes: () => subject.historyBytes(),
  };
  const before = await look(worker);
  const all = load(watched, runs, runs);
  let last = before;
  while (!firstIsOver) {
    await Promise.race([sleep(LOOK_EVERY_MS), all]);
    const seen = await look(worker);
    // one that went on during the look may have taken its memory with it
    if (!firstIsOver) last = seen;
  }
  await all;
  return {
    name: subject.name,
    runs,
    heapKibPerRun: ((last.heapMiB - before.heapMiB) * 1024) / runs,
    memoryKibPerRun: ((last.residentMiB - before.residentMiB) * 1024) / runs,
  };
}
