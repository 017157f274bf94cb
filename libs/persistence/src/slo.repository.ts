import { z } from 'zod';
import type { Database, TenantCall } from './database';
import { counter, timestamp } from './rows.schema';
import type { SloCounts, SloDefinition, SloProgress, SloQuery, SloRollUp, SloSeries, SloTotals, SloTotalsQuery } from './slo.types';
import type { TenantScope } from './tenant-scope';

const progressRow = z.object({ rolled_until: timestamp, behind: z.boolean() });
const counts = z.array(counter);
const totalsRow = z.object({ tenant_id: z.string().nullable(), graph_id: z.string(), build_id: z.string(), indicator: z.string(), counts });
const seriesRow = z.object({ bucket_start: timestamp, graph_id: z.string(), build_id: z.string(), indicator: z.string(), counts });
const overdueRow = z.object({ graph_id: z.string(), runs: counter });

const ROLL_UP: TenantCall = {
  name: 'roll_up_slo',
  text: 'SELECT * FROM executions.roll_up_slo($1, make_interval(secs => $2), make_interval(secs => $3), make_interval(secs => $4))',
  // A bucket is measured as a whole. One that takes longer than a statement usually may would stop all that follow.
  timeoutMs: 120_000,
};
const TOTALS: TenantCall = { name: 'read_slo_totals', text: 'SELECT * FROM executions.read_slo_totals($1, make_interval(secs => $2), $3)' };
const OVERDUE: TenantCall = { name: 'count_overdue_runs', text: 'SELECT * FROM executions.count_overdue_runs(make_interval(secs => $1))' };
const UNTIL: TenantCall = { name: 'slo_progress', text: 'SELECT coalesce(rolled_until, to_timestamp(0)) AS rolled_until, false AS behind FROM executions.slo_progress' };

/** Service levels: measured from the journal, kept in buckets. */
export class SloRepository {
  constructor(private readonly db: Database) {}

  /**
   * Brings the rollups of all tenants up to now, one final bucket per call. Idempotent: what is there already is measured again and replaced until it is final.
   * Any number of processes may call it; they take turns.
   */
  async rollUp(definition: SloDefinition, { widthMs, settleMs, keptMs }: SloRollUp): Promise<SloProgress> {
    const [row] = await this.db.callSystem(ROLL_UP, [JSON.stringify(definition), widthMs / 1_000, settleMs / 1_000, keptMs / 1_000]);
    return progressOf(row);
  }

  /** How far the rollups are. */
  async progress(): Promise<SloProgress> {
    return progressOf((await this.db.callSystem(UNTIL, []))[0]);
  }

  /** Sums since the journal began, over all tenants but those named, which stand for themselves. */
  async totals({ tenantIds, sinceMs, limit }: SloTotalsQuery): Promise<SloTotals[]> {
    const rows = await this.db.callSystem(TOTALS, [tenantIds, sinceMs / 1_000, limit]);
    return z
      .array(totalsRow)
      .parse(rows)
      .map((row) => ({ ...countsOf(row), tenantId: row.tenant_id }));
  }

  /** Runs by graph that nobody has begun for so long after they were due, though their thread is free. */
  async overdueRuns(lateMs: number): Promise<{ graphId: string; runs: number }[]> {
    const rows = z.array(overdueRow).parse(await this.db.callSystem(OVERDUE, [lateMs / 1_000]));
    return rows.map((row) => ({ graphId: row.graph_id, runs: row.runs }));
  }

  /** A tenant's counts by graph, build and time, in the order of time. */
  async series(scope: TenantScope, { from, to, bucketMs, graphId, limit }: SloQuery): Promise<SloSeries[]> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT bucket_start, graph_id, build_id, indicator, array_agg(value ORDER BY place) AS counts
         FROM (SELECT date_bin(make_interval(secs => $3), s.bucket_start, $1) AS bucket_start, s.graph_id, s.build_id, s.indicator, n.place,
                 sum(n.value)::bigint AS value
               FROM executions.slo_rollups s, unnest(s.counts) WITH ORDINALITY AS n (value, place)
               WHERE s.bucket_start >= $1 AND s.bucket_start < $2 AND ($4::text IS NULL OR s.graph_id = $4)
               GROUP BY 1, 2, 3, 4, 5) AS cells
         GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4 LIMIT $5`,
        [from, to, bucketMs / 1_000, graphId ?? null, limit],
      ),
    );
    return z
      .array(seriesRow)
      .parse(rows)
      .map((row) => ({ ...countsOf(row), bucketStart: row.bucket_start }));
  }
}

function progressOf(row: unknown): SloProgress {
  const { rolled_until: rolledUntil, behind } = progressRow.parse(row);
  return { rolledUntil, behind };
}

function countsOf(row: { graph_id: string; build_id: string; indicator: string; counts: number[] }): SloCounts {
  return { graphId: row.graph_id, buildId: row.build_id, indicator: row.indicator, counts: row.counts };
}
