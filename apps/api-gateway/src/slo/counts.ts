import type { SloCounts } from '@holdfast/persistence';
import { GOOD_OUTCOMES, LATENCIES, LEFT_OUT_OUTCOMES, SLO_DEFINITION, type Latency, type Objective, type Outcome } from './definition';

/** Counts by indicator, of whatever they were summed up over. */
export type Counts = ReadonlyMap<string, readonly number[]>;

/** A histogram, read. Milliseconds; percentiles are interpolated within their bucket and never above the last bound. */
export interface LatencySummary {
  readonly count: number;
  readonly mean_ms: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
}

/** How an objective was met. */
export interface ObjectiveResult {
  readonly good: number;
  readonly total: number;
}

/** Sums counts that belong together. */
export function sumCounts(rows: readonly Pick<SloCounts, 'indicator' | 'counts'>[]): Counts {
  const sums = new Map<string, readonly number[]>();
  for (const { indicator, counts } of rows) {
    const known = sums.get(indicator);
    sums.set(indicator, known === undefined ? counts : counts.map((count, place) => count + (known[place] ?? 0)));
  }
  return sums;
}

/** Undefined when nothing was measured. */
export function latencyOf(counts: Counts, latency: Latency): LatencySummary | undefined {
  const { buckets, sumMs } = histogramOf(counts, latency);
  const count = total(buckets);
  if (count === 0) return undefined;
  const at = (share: number): number => percentile(buckets, SLO_DEFINITION[latency], share * count);
  return { count, mean_ms: Math.round(sumMs / count), p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99) };
}

/** Runs by the way they ended. */
export function outcomesOf(counts: Counts): Record<Outcome, number> {
  const ended = counts.get('run') ?? [];
  return Object.fromEntries(SLO_DEFINITION.outcomes.map((outcome, place) => [outcome, ended[place] ?? 0])) as Record<Outcome, number>;
}

/** Runs that met a failure of ours, and those of them that ended well. */
export function recoveryOf(counts: Counts): { readonly met: number; readonly recovered: number } {
  const [met = 0, recovered = 0] = counts.get('recovery') ?? [];
  return { met, recovered };
}

/** What counts for an objective, and what of it was good. */
export function resultOf(counts: Counts, { indicator, thresholdMs = 0 }: Objective): ObjectiveResult {
  if (indicator === 'recovery') {
    const { met, recovered } = recoveryOf(counts);
    return { good: recovered, total: met };
  }
  if (indicator === 'success') {
    const ended = Object.entries(outcomesOf(counts)) as [Outcome, number][];
    const counted = ended.filter(([outcome]) => !LEFT_OUT_OUTCOMES.has(outcome));
    return { good: total(counted.filter(([outcome]) => GOOD_OUTCOMES.has(outcome)).map(([, n]) => n)), total: total(counted.map(([, n]) => n)) };
  }
  const { buckets } = histogramOf(counts, indicator);
  const within = SLO_DEFINITION[indicator].filter((bound) => bound <= thresholdMs).length;
  return { good: total(buckets.slice(0, within)), total: total(buckets) };
}

/** The counts of a histogram: one per bucket, those above the last bound, and apart from them the sum. */
export function histogramOf(counts: Counts, latency: Latency): { readonly buckets: readonly number[]; readonly sumMs: number } {
  const size = SLO_DEFINITION[latency].length + 1;
  const row = counts.get(latency) ?? [];
  return { buckets: Array.from({ length: size }, (_, place) => row[place] ?? 0), sumMs: row[size] ?? 0 };
}

/** Whether an indicator is kept as a histogram. */
export function isLatency(indicator: string): indicator is Latency {
  return (LATENCIES as readonly string[]).includes(indicator);
}

function percentile(buckets: readonly number[], bounds: readonly number[], rank: number): number {
  let before = 0;
  for (const [place, count] of buckets.entries()) {
    const upper = bounds[place];
    if (upper === undefined) break;
    const lower = bounds[place - 1] ?? 0;
    if (count > 0 && before + count >= rank) return Math.round(lower + ((upper - lower) * (rank - before)) / count);
    before += count;
  }
  return bounds.at(-1) ?? 0;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
