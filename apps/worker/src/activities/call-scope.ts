import type { TenantContext } from '@holdfast/tenant-context';

/** What an implementation of a call knows of the attempt it runs in. */
export interface CallScope {
  readonly ctx: TenantContext;
  /** Aborts when the call is cancelled or the worker goes away. */
  readonly signal: AbortSignal;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Time that Temporal gives this attempt, in milliseconds. */
  readonly timeoutMs: number;
}
