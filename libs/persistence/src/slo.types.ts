/** What is counted, for executions.measure_slo. A change needs a migration that empties rollups, totals and progress: all are measured anew. */
export interface SloDefinition {
  /** Upper bounds of the buckets of start latency, ascending, milliseconds. */
  readonly start: readonly number[];
  /** The same of the time to first token. */
  readonly first_token: readonly number[];
  /** The same of step latency. */
  readonly step: readonly number[];
  /** `completed`, `interrupted`, `cancelled` and `failed_<kind of error>`, in the order of their counts. */
  readonly outcomes: readonly string[];
}

/** How {@link SloDefinition} is applied. */
export interface SloRollUp {
  /** Width of a bucket. The same for ever, as the definition is. */
  readonly widthMs: number;
  /** After its end a bucket is final once so much time has passed: longer than any transaction takes. */
  readonly settleMs: number;
  /** Buckets are deleted when they are older; totals are not. */
  readonly keptMs: number;
}

/** How far the rollups are. */
export interface SloProgress {
  /** Buckets before are final. */
  readonly rolledUntil: Date;
  /** There is more to roll up at once. */
  readonly behind: boolean;
}

/** Counts of one indicator; what stands where depends on it: see executions.measure_slo. */
export interface SloCounts {
  readonly graphId: string;
  /** Empty for runs that never began. */
  readonly buildId: string;
  readonly indicator: string;
  readonly counts: readonly number[];
}

/** Counts of one tenant, or of all that are not named. */
export interface SloTotals extends SloCounts {
  readonly tenantId: string | null;
}

/** Which totals. */
export interface SloTotalsQuery {
  /** These stand for themselves. */
  readonly tenantIds: readonly string[];
  /** Only what has changed in the last so many milliseconds. */
  readonly sinceMs: number;
  /** Most rows; the ones that changed last. */
  readonly limit: number;
}

/** Counts of one span of time. */
export interface SloSeries extends SloCounts {
  readonly bucketStart: Date;
}

/** Which series. */
export interface SloQuery {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  /** Width of what is summed up, counted from `from`. */
  readonly bucketMs: number;
  readonly graphId?: string | undefined;
  /** Most rows; the earliest. */
  readonly limit: number;
}
