import type { Kill } from './killer';
import { isEnd, type JournalRecord } from './records';

/** How long runs stood still after a kill, milliseconds. */
export interface Recovery {
  /** Pairs of a kill and a run under way then. */
  readonly samples: number;
  /** Of them: the run wrote no row any more. They count to the end of the measure. */
  readonly silent: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Time from a kill to the next journal row of each run under way then: it had a row before, and no end. The work between two rows is in it too, so an
 * undisturbed run has a figure above zero.
 * @param until end of the measure, milliseconds since 1970
 */
export function recoveryOf(kills: readonly Kill[], journal: readonly JournalRecord[], until: number): Recovery {
  const waits: number[] = [];
  let silent = 0;
  for (const rows of Map.groupBy(journal, ({ run_id: runId }) => runId).values()) {
    const times = rows.map(({ time }) => time.getTime());
    const end = rows.find(isEnd)?.time.getTime() ?? Infinity;
    for (const { at } of kills) {
      if (times[0]! > at || end <= at) continue;
      const next = times.find((time) => time > at);
      if (next === undefined) silent += 1;
      waits.push((next ?? until) - at);
    }
  }
  return { samples: waits.length, silent, ...quantilesOf(waits) };
}

/** Median, 99th percentile and maximum; zeros for nothing. */
export function quantilesOf(samples: readonly number[]): { readonly p50: number; readonly p99: number; readonly max: number } {
  const sorted = samples.toSorted((a, b) => a - b);
  const quantile = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
  return { p50: quantile(0.5), p99: quantile(0.99), max: sorted.at(-1) ?? 0 };
}
