import { type Subject, load } from '../subject';
import { type WorkerUnderTest, look } from './worker-memory';

const IN_FLIGHT = 100;
const LOOKS = 10;

/** The worker's memory over many runs. */
export interface SoakFigures {
  readonly runs: number;
  /** Resident memory before the first run and after each tenth of them, MiB. */
  readonly residentMiB: readonly number[];
  /** Heap in use at the same moments, garbage collected, MiB. */
  readonly heapMiB: readonly number[];
}

/** Lets `runs` runs pass and looks at the worker's memory ten times. */
export async function soak(subject: Subject, runs: number, worker: WorkerUnderTest, say: (line: string) => void): Promise<SoakFigures> {
  const seen = [await look(worker)];
  for (let i = 0; i < LOOKS; i++) {
    await load(subject, Math.ceil(runs / LOOKS), IN_FLIGHT);
    const memory = await look(worker);
    seen.push(memory);
    say(`after ${Math.ceil((runs * (i + 1)) / LOOKS)} runs the worker holds ${memory.residentMiB.toFixed(0)} MiB, ${memory.heapMiB.toFixed(1)} of heap in use`);
  }
  return { runs, residentMiB: seen.map(({ residentMiB }) => residentMiB), heapMiB: seen.map(({ heapMiB }) => heapMiB) };
}
