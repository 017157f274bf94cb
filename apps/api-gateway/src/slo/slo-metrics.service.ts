import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ROOT_LOGGER, storedMetric, type LogSink, type StoredValue } from '@holdfast/nest-kit';
import { SloRepository, type SloTotals } from '@holdfast/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { LatestRead } from './latest-read';
import { SLO_METRICS, type SloMetric, valuesOf } from './slo-values';

/** However often metrics are read, PostgreSQL is asked once in so long, ms. */
const KEEP_MS = 5_000;
/** Graphs and builds without a run for so long are exported no more, ms: the longest window of an alert. */
const RECENT_MS = 3 * 86_400_000;
/** Most rows that are exported, the ones that changed last; one is an indicator of a graph, a build and a tenant. */
const MAX_ROWS = 1_000;
/** A run that was due so long ago, and nobody begins it, is overdue, ms. */
const OVERDUE_MS = 10_000;

/** How far the rollups are; alerts on its age. */
export const ROLLED_UNTIL = 'holdfast_slo_rolled_until_timestamp_seconds';
/** Runs that nobody begins. */
export const OVERDUE = 'holdfast_runs_overdue';

interface Reading {
  readonly totals: readonly SloTotals[];
  readonly overdue: readonly { readonly graphId: string; readonly runs: number }[];
  readonly rolledUntil: Date;
}

/** Service levels at /metrics. They stand in PostgreSQL, so every gateway exports the same: rules take the greatest and never add them up. */
@Injectable()
export class SloMetricsService implements OnApplicationBootstrap {
  readonly #latest: LatestRead<Reading>;
  #isAway = false;

  constructor(
    @Inject(SloRepository) private readonly slo: SloRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    this.#latest = new LatestRead({ load: () => this.load(), keepMs: KEEP_MS, now: () => performance.now() });
  }

  /** Adds the metrics to the registry. */
  onApplicationBootstrap(): void {
    for (const metric of Object.keys(SLO_METRICS) as SloMetric[]) {
      storedMetric({ ...SLO_METRICS[metric], read: () => this.read(({ totals }) => valuesOf(metric, totals)) });
    }
    storedMetric({
      name: OVERDUE,
      help: `Runs that nobody has begun ${OVERDUE_MS / 1_000} s after they were due, though their thread is free.`,
      type: 'gauge',
      read: () => this.read(({ overdue }) => overdue.map(({ graphId, runs }) => ({ labels: { graph: graphId }, value: runs }))),
    });
    storedMetric({
      name: ROLLED_UNTIL,
      help: 'Service levels are final up to here.',
      type: 'gauge',
      read: () => this.read(({ rolledUntil }) => [{ labels: {}, value: rolledUntil.getTime() / 1_000 }]),
    });
  }

  private async load(): Promise<Reading> {
    const tenantIds = this.config.SLO_TENANTS;
    const [totals, overdue, { rolledUntil }] = await Promise.all([
      this.slo.totals({ tenantIds, sinceMs: RECENT_MS, limit: MAX_ROWS }),
      this.slo.overdueRuns(OVERDUE_MS),
      this.slo.progress(),
    ]);
    return { totals, overdue, rolledUntil };
  }

  /** Nothing while PostgreSQL is away: values of before would look as if all stood still. */
  private async read(take: (reading: Reading) => StoredValue[]): Promise<StoredValue[]> {
    try {
      const values = take(await this.#latest.get());
      this.#isAway = false;
      return values;
    } catch (error) {
      if (!this.#isAway) this.log.warn({ err: error }, 'service levels cannot be read');
      this.#isAway = true;
      return [];
    }
  }
}
