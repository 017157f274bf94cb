import { HoldfastError } from '@holdfast/contracts/errors';
import { CALL_RETRY, type CallPolicy, type ModelPolicy } from '../api';

/** Most models behind the first one. */
const MOST_FALLBACKS = 5;
/** Less time is not enough for one attempt and its bookkeeping, milliseconds. */
const LEAST_TOTAL_MS = 100;
/** A call that may take longer belongs into a graph that waits, milliseconds. */
const MOST_TOTAL_MS = 24 * 3_600_000;

/**
 * What an author said of a call's failures, in the form that travels with it; nothing when nothing was said.
 * @throws HoldfastError INVALID_ARGUMENT
 */
export function policyOf<P extends ModelPolicy>({ attempts, totalMs, fallbacks }: P): { readonly policy?: CallPolicy & Pick<P, 'fallbacks'> } {
  requireWhole('attempts', attempts, 1, CALL_RETRY.maximumAttempts);
  requireWhole('totalMs', totalMs, LEAST_TOTAL_MS, MOST_TOTAL_MS);
  if (fallbacks !== undefined) requireModels(fallbacks);
  const policy = {
    ...(attempts === undefined ? {} : { attempts }),
    ...(totalMs === undefined ? {} : { totalMs }),
    ...(fallbacks === undefined ? {} : { fallbacks }),
  };
  return Object.keys(policy).length === 0 ? {} : { policy };
}

function requireWhole(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new HoldfastError('INVALID_ARGUMENT', `${name}: a whole number from ${least} to ${most}`);
}

function requireModels(fallbacks: readonly string[]): void {
  const isList = Array.isArray(fallbacks) && fallbacks.every((model) => typeof model === 'string' && model !== '');
  if (!isList || fallbacks.length > MOST_FALLBACKS) throw new HoldfastError('INVALID_ARGUMENT', `fallbacks: names of at most ${MOST_FALLBACKS} models`);
}
