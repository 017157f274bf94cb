import { HoldfastError } from '@holdfast/contracts/errors';
import type { SloAnalyticsQuery } from './analytics.schema';
import { MAX_WINDOW_MS, SLO_PACE } from './definition';

/** Which buckets are asked for. */
export interface SloWindow {
  readonly from: Date;
  /** Exclusive. */
  readonly to: Date;
  readonly bucketMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MAX_BUCKETS = 1_000;

/**
 * The window of a query; its begin is put on a border of the rollups.
 * @throws HoldfastError INVALID_ARGUMENT when it is empty, longer than 92 days or has more than 1,000 buckets
 */
export function windowOf({ from, to, bucket_seconds: bucketSeconds }: Pick<SloAnalyticsQuery, 'from' | 'to' | 'bucket_seconds'>, now: Date): SloWindow {
  const end = to === undefined ? now : new Date(to);
  const asked = from === undefined ? end.getTime() - DAY_MS : Date.parse(from);
  const begin = Math.floor(asked / SLO_PACE.widthMs) * SLO_PACE.widthMs;
  const spanMs = end.getTime() - begin;
  if (asked >= end.getTime()) throw refusal('from', 'is not before the end of the window');
  if (spanMs > MAX_WINDOW_MS + SLO_PACE.widthMs) throw refusal('from', 'is more than 92 days before the end of the window');
  const bucketMs = bucketSeconds === undefined ? (spanMs > 7 * DAY_MS ? DAY_MS : HOUR_MS) : bucketSeconds * 1_000;
  if (spanMs / bucketMs > MAX_BUCKETS) throw refusal('bucket_seconds', `makes more than ${MAX_BUCKETS} buckets of the window`);
  return { from: new Date(begin), to: end, bucketMs };
}

function refusal(path: string, message: string): HoldfastError {
  return new HoldfastError('INVALID_ARGUMENT', `${path} ${message}.`, { fields: [{ path, message }] });
}
