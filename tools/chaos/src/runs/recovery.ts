import type { Kill } from './killer';
import type { JournalRecord } from './records';

/** How long runs stood still after a kill, milliseconds. */
export interface Recovery {
  /** Pairs of a kill and a run under way that were looked at. */
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Time from a kill to the next journal row of each run that was under way then: it had a row before and has one after. The work between
 * two rows is in it too, so an undisturbed run has a figure above zero.
 */
export function recoveryOf(kills: readonly Kill[], journal: readonly JournalRecord[]): Recovery {
  const waits: number[] = [];
  for (const rows of Map.groupBy(journal, ({ run_id: runId }) => runId).values()) {
    const times = rows.map(({ time }) => time.getTime());
    for (const { at } of kills) {
      const next = times.find((time) => time > at);
      if (next !== undefined && times[0]! <= at) waits.push(next - at);
    }
  }
  waits.sort((a, b) => a - b);
  const quantile = (q: number): number => waits[Math.min(waits.length - 1, Math.floor(q * waits.length))] ?? 0;
  return { samples: waits.length, p50: quantile(0.5), p99: quantile(0.99), max: waits.at(-1) ?? 0 };
}
