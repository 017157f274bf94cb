import { Counter, Gauge, Histogram, register } from 'prom-client';

/** What a metric is called and which labels it has. Labels are few and bounded: never a tenant, run or thread id. */
export interface MetricSettings<L extends string> {
  /** `holdfast_<area>_<what>_<unit>`; counters end in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly L[];
}

/** A counter in the default registry; the one that is there already when the name is taken. */
export function counter<L extends string = never>(settings: MetricSettings<L>): Counter<L> {
  const known = register.getSingleMetric(settings.name);
  return (known as Counter<L> | undefined) ?? new Counter<L>({ ...settings, labelNames: settings.labelNames ?? [] });
}

/** A gauge in the default registry; `collect` sets it when the registry is read. */
export function gauge<L extends string = never>(
  settings: MetricSettings<L> & { readonly collect?: (this: Gauge<L>) => void | Promise<void> },
): Gauge<L> {
  const known = register.getSingleMetric(settings.name);
  return (known as Gauge<L> | undefined) ?? new Gauge<L>({ ...settings, labelNames: settings.labelNames ?? [] });
}

/** A histogram in the default registry; `buckets` in the unit of its name. */
export function histogram<L extends string = never>(
  settings: MetricSettings<L> & { readonly buckets: readonly number[] },
): Histogram<L> {
  const known = register.getSingleMetric(settings.name);
  return (
    (known as Histogram<L> | undefined) ??
    new Histogram<L>({ ...settings, labelNames: settings.labelNames ?? [], buckets: [...settings.buckets] })
  );
}
