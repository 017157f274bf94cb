import { type Metric, register } from 'prom-client';

/** One line of a metric. */
export interface StoredValue {
  /** Behind the metric's name: `_bucket`, `_sum`, `_count` of a histogram. Default none. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric that is counted elsewhere, for example in a database that all replicas share. */
export interface StoredMetricSettings {
  /** As of the metrics that are counted here; the same rules for names and labels. */
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Called whenever metrics are read. Must not fail: one that does takes all metrics of the process with it. */
  read(): Promise<readonly StoredValue[]>;
}

/** Puts a metric that is counted elsewhere into the default registry, in place of one with its name. */
export function storedMetric({ name, help, type, read }: StoredMetricSettings): void {
  register.removeSingleMetric(name);
  const get = async (): Promise<object> => ({
    name,
    help,
    type,
    aggregator: 'first',
    values: (await read()).map(({ suffix = '', labels, value }) => ({ metricName: `${name}${suffix}`, labels, value })),
  });
  // prom-client has no class for it; its registry asks a metric for nothing but these.
  register.registerMetric({ name, help, type, get } as unknown as Metric);
}
