import { quantile } from '../statistics';
import { type Subject, load } from '../subject';

/** Runs that wait beside each other. */
export interface WaitsFigures {
  readonly name: string;
  readonly runs: number;
  /** From the first request to the last answer, milliseconds. */
  readonly wallMs: number;
  readonly p50Ms: number;
}

/** Starts `runs` at once, each of which waits three times for a second. */
export async function measureWaits(subject: Subject, runs: number): Promise<WaitsFigures> {
  await load(subject, Math.ceil(runs / 10), runs);
  const { samples, wallMs } = await load(subject, runs, runs);
  return { name: subject.name, runs, wallMs, p50Ms: quantile(samples.map(({ latencyMs }) => latencyMs), 0.5) };
}
