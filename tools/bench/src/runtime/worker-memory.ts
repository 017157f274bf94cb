import { residentMiB } from '@holdfast/testing';
import { heapInUse } from '../heap';

const MIB = 2 ** 20;

/** A worker process that can be looked into. */
export interface WorkerUnderTest {
  readonly pid: number;
  /** What it was started with as `--inspect-port`. */
  readonly inspectPort: number;
}

/** What a worker holds. */
export interface WorkerMemory {
  /** In use by all of its threads, garbage collected. */
  readonly heapMiB: number;
  /** With what the SDK's native half and the collector keep besides. */
  readonly residentMiB: number;
}

/** Collects all garbage first, which holds the worker up for some tenths of a second. */
export async function look({ pid, inspectPort }: WorkerUnderTest): Promise<WorkerMemory> {
  return { heapMiB: (await heapInUse(pid, inspectPort)) / MIB, residentMiB: residentMiB(pid) };
}
