import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { SloRepository, type SloSeries } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import type { SloAnalyticsQuery, SloReport } from './analytics.schema';
import { type Counts, latencyOf, outcomesOf, recoveryOf, resultOf, sumCounts, type ObjectiveResult } from './counts';
import { OBJECTIVES, type Objective } from './definition';
import { windowOf } from './slo-window';

type Bucket = SloReport['buckets'][number];

/** Most rows of one report: an indicator of a bucket, a graph and a build each. */
const MAX_ROWS = 20_000;

/** What tenants are told of the service levels of their agents. */
@Injectable()
export class AnalyticsService {
  constructor(@Inject(SloRepository) private readonly slo: SloRepository) {}

  /** @throws HoldfastError INVALID_ARGUMENT for a window that is empty, or holds more than can be shown */
  async serviceLevels(ctx: TenantContext, query: SloAnalyticsQuery): Promise<SloReport> {
    const { from, to, bucketMs } = windowOf(query, new Date());
    const [rows, { rolledUntil }] = await Promise.all([
      this.slo.series(ctx, { from, to, bucketMs, graphId: query.graph_id, limit: MAX_ROWS + 1 }),
      this.slo.progress(),
    ]);
    if (rows.length > MAX_ROWS) {
      throw new HoldfastError('INVALID_ARGUMENT', 'The report would be too long: ask for one graph, a shorter window or wider buckets.');
    }
    const counts = sumCounts(rows);
    return {
      from: from.toISOString(),
      to: to.toISOString(),
      bucket_seconds: bucketMs / 1_000,
      rolled_until: rolledUntil.toISOString(),
      objectives: OBJECTIVES.map((objective) => toObjective(objective, resultOf(counts, objective))),
      buckets: grouped(rows).map(toBucket),
    };
  }
}

function grouped(rows: readonly SloSeries[]): SloSeries[][] {
  const groups = new Map<string, SloSeries[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.bucketStart.getTime(), row.graphId, row.buildId]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function toBucket(rows: readonly SloSeries[]): Bucket {
  const [{ bucketStart, graphId, buildId }] = rows as readonly [SloSeries];
  const counts: Counts = sumCounts(rows);
  const recovery = recoveryOf(counts);
  const success = resultOf(counts, { indicator: 'success', target: 1 });
  return {
    bucket_start: bucketStart.toISOString(),
    graph_id: graphId,
    build_id: buildId === '' ? null : buildId,
    start: latencyOf(counts, 'start') ?? null,
    first_token: latencyOf(counts, 'first_token') ?? null,
    step: latencyOf(counts, 'step') ?? null,
    runs: outcomesOf(counts),
    success_rate: rateOf(success),
    recovery,
    recovery_rate: rateOf({ good: recovery.recovered, total: recovery.met }),
  };
}

function toObjective({ indicator, target, thresholdMs }: Objective, result: ObjectiveResult): SloReport['objectives'][number] {
  const rate = rateOf(result);
  return { indicator, target, threshold_ms: thresholdMs ?? null, ...result, budget_left: rate === null ? null : 1 - (1 - rate) / (1 - target) };
}

function rateOf({ good, total }: ObjectiveResult): number | null {
  return total === 0 ? null : good / total;
}
