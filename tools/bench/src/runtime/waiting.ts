import { setTimeout as sleep } from 'node:timers/promises';
import { residentMiB } from '@holdfast/testing';
import { type Subject, load } from '../subject';

const LOOK_EVERY_MS = 1_000;

/** What a worker holds of runs that wait in open workflows. */
export interface WaitingFigures {
  readonly name: string;
  readonly runs: number;
  /** Growth of the worker's resident memory until just before the first one went on, KiB per run: an upper bound of their heap, garbage included. */
  readonly memoryKibPerRun: number;
}

/** Starts `runs` that wait in open workflows, and looks at the worker's memory until the first one goes on. @param workerPid whose memory that is */
export async function measureWaiting(subject: Subject, runs: number, workerPid: number): Promise<WaitingFigures> {
  const before = residentMiB(workerPid);
  let firstIsOver = false;
  const watched: Subject = {
    name: subject.name,
    run: (index) => subject.run(index).finally(() => (firstIsOver = true)),
    historyBytes: () => subject.historyBytes(),
  };
  const all = load(watched, runs, runs);
  let last = before;
  while (!firstIsOver) {
    last = residentMiB(workerPid);
    await Promise.race([sleep(LOOK_EVERY_MS), all]);
  }
  await all;
  return { name: subject.name, runs, memoryKibPerRun: ((last - before) * 1024) / runs };
}
