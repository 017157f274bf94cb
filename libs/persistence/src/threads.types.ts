import type { ThreadStatus } from '@holdfast/contracts/runs';

/** A thread to create. */
export interface CreateThreadInput {
  readonly threadId: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly ifExists: 'raise' | 'do_nothing';
  /** How long it stays without a change, seconds; default: for ever. A thread that exists keeps its own. */
  readonly ttlSeconds?: number | undefined;
}

/** Selects threads; all given conditions must hold. */
export interface ThreadFilter {
  /** Contained in the thread's metadata (jsonb @>). */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Contained in the thread's values. */
  readonly values?: Readonly<Record<string, unknown>> | undefined;
  readonly status?: ThreadStatus | undefined;
  readonly ids?: readonly string[] | undefined;
}

/** A page of threads. */
export interface ThreadSearch extends ThreadFilter {
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  /** created_at by default. */
  readonly sortBy?: 'thread_id' | 'status' | 'created_at' | 'updated_at' | 'state_updated_at' | undefined;
  /** desc by default. */
  readonly sortOrder?: 'asc' | 'desc' | undefined;
}
