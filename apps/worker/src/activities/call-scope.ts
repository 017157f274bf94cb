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
