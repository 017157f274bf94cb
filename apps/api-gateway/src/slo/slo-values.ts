import type { StoredValue } from '@holdfast/nest-kit';
import type { SloTotals } from '@holdfast/persistence';
import { histogramOf, isLatency, outcomesOf, recoveryOf, sumCounts } from './counts';
import { SLO_DEFINITION, type Latency } from './definition';

/** What is exported of the totals; by graph, build and tenant. */
export const SLO_METRICS = {
  start: { name: 'holdfast_run_start_seconds', type: 'histogram', help: 'From when a run was due to its begin.' },
  first_token: { name: 'holdfast_run_first_token_seconds', type: 'histogram', help: 'From when a run was due to the first text of a model.' },
  step: { name: 'holdfast_run_step_seconds', type: 'histogram', help: 'Time of a superstep, its commit included.' },
  run: { name: 'holdfast_runs_ended_total', type: 'counter', help: 'Ended runs by outcome: completed, interrupted, cancelled, failed_<kind of error>.' },
  met: { name: 'holdfast_runs_met_failure_total', type: 'counter', help: 'Ended runs that met a failure of ours.' },
  recovered: { name: 'holdfast_runs_recovered_total', type: 'counter', help: 'Ended runs that met a failure of ours and went on.' },
} as const;

/** Key of {@link SLO_METRICS}. */
export type SloMetric = keyof typeof SLO_METRICS;

/** Label of tenants that are not exported by themselves. */
export const OTHER_TENANTS = 'other';
/** Label of runs that ended without having begun. */
export const NO_BUILD = 'none';

/** The lines of a metric. */
export function valuesOf(metric: SloMetric, totals: readonly SloTotals[]): StoredValue[] {
  const indicator = metric === 'met' || metric === 'recovered' ? 'recovery' : metric;
  return totals.filter((row) => row.indicator === indicator).flatMap((row) => linesOf(metric, row));
}

function linesOf(metric: SloMetric, row: SloTotals): StoredValue[] {
  const labels = { graph: row.graphId, build: row.buildId === '' ? NO_BUILD : row.buildId, tenant: row.tenantId ?? OTHER_TENANTS };
  const counts = sumCounts([row]);
  if (isLatency(metric)) return histogramLines(metric, labels, counts);
  if (metric === 'run') return Object.entries(outcomesOf(counts)).map(([outcome, value]) => ({ labels: { ...labels, outcome }, value }));
  return [{ labels, value: recoveryOf(counts)[metric] }];
}

function histogramLines(latency: Latency, labels: Record<string, string>, counts: ReturnType<typeof sumCounts>): StoredValue[] {
  const { buckets, sumMs } = histogramOf(counts, latency);
  const bounds = [...SLO_DEFINITION[latency].map((ms) => String(ms / 1_000)), '+Inf'];
  let value = 0;
  const lines = bounds.map((le, place): StoredValue => ({ suffix: '_bucket', labels: { ...labels, le }, value: (value += buckets[place] ?? 0) }));
  return [...lines, { suffix: '_sum', labels, value: sumMs / 1_000 }, { suffix: '_count', labels, value }];
}
