import type { TenantContext } from '@holdfast/tenant-context';

/** What an implementation of a call knows of its surroundings. */
export interface CallScope {
  readonly ctx: TenantContext;
  /** Aborts when the call is cancelled, nobody waits for it any more, or the worker goes away. */
  readonly signal: AbortSignal;
  /** Temporal's attempt in the lane that began the call, from 1. */
  readonly attempt: number;
  /** Time that the call may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Room that an attempt keeps for storing its answer before Temporal gives it up, in milliseconds. */
const RESERVE_MS = 2_000;

/** The part of a call's time that the other side may take. */
export function timeOfOtherSide(timeoutMs: number): number {
  return Math.max(1, timeoutMs - Math.min(RESERVE_MS, timeoutMs / 5));
}
