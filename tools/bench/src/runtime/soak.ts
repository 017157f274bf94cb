import { residentMiB } from '@holdfast/testing';
import { type Subject, load } from '../subject';

const IN_FLIGHT = 100;
const LOOKS = 10;

/** The worker's memory over many runs. */
export interface SoakFigures {
  readonly runs: number;
  /** Resident memory before the first run and after each tenth of them, MiB. */
  readonly residentMiB: readonly number[];
}

/** Lets `runs` runs pass and looks at the worker's memory ten times. */
export async function soak(subject: Subject, runs: number, workerPid: number, say: (line: string) => void): Promise<SoakFigures> {
  const seen = [residentMiB(workerPid)];
  for (let i = 0; i < LOOKS; i++) {
    await load(subject, Math.ceil(runs / LOOKS), IN_FLIGHT);
    seen.push(residentMiB(workerPid));
    say(`after ${Math.ceil((runs * (i + 1)) / LOOKS)} runs the worker holds ${seen.at(-1)?.toFixed(0)} MiB`);
  }
  return { runs, residentMiB: seen };
}
