import { residentMiB } from '@holdfast/testing';
import { quantile } from '../statistics';
import { type Subject, load } from '../subject';

const LOOK_EVERY_MS = 250;

/** Many runs started at the same time. */
export interface OpenRunsFigures {
  readonly name: string;
  readonly runs: number;
  /** Requests that the API put off (429, 503) and the client sent again. */
  readonly refused: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly runsPerSecond: number;
  /** Growth of the worker's resident memory while they were open, KiB per run; an upper bound, garbage included. */
  readonly memoryKibPerRun: number;
}

/** Starts `runs` at once and waits for all. @param workerPid whose memory is looked at meanwhile */
export async function measureOpenRuns(subject: Subject, runs: number, workerPid: number): Promise<OpenRunsFigures> {
  const before = residentMiB(workerPid);
  let most = before;
  const looking = setInterval(() => (most = Math.max(most, residentMiB(workerPid))), LOOK_EVERY_MS);
  try {
    const { samples, wallMs } = await load(subject, runs, runs);
    const latencies = samples.map(({ latencyMs }) => latencyMs);
    return {
      name: subject.name,
      runs,
      refused: subject.refused ?? 0,
      p50Ms: quantile(latencies, 0.5),
      p99Ms: quantile(latencies, 0.99),
      runsPerSecond: (runs * 1000) / wallMs,
      memoryKibPerRun: ((most - before) * 1024) / runs,
    };
  } finally {
    clearInterval(looking);
  }
}
