import type { MultitaskStrategy, RunStatus } from '@holdfast/contracts/runs';
import type { JournalNotice } from './journal.types';
import type { RunRow } from './rows.schema';

/** A run to create. */
export interface CreateRunInput {
  readonly runId: string;
  readonly threadId: string;
  readonly assistantId: string;
  readonly graphId: string;
  /** Stored as given (see RunRow.kwargs). */
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly multitaskStrategy: MultitaskStrategy;
  /** `create` makes the thread when it is not there. */
  readonly ifNotExists: 'create' | 'reject';
  /** Merged into the thread's metadata together with graph_id and assistant_id. */
  readonly threadMetadata?: Readonly<Record<string, unknown>> | undefined;
  /** Delay of the first delivery, seconds; 0 by default. */
  readonly afterSeconds?: number | undefined;
  /** Stateless run with on_completion=delete. */
  readonly deleteThread?: boolean | undefined;
  /** The approval that the run is the decision on: it may go on where the thread waits for it. */
  readonly approvalId?: string | undefined;
  /** The run gives waits their ends, and nothing else: it may go on beside a question to people. */
  readonly wakes?: boolean | undefined;
  /** Hash of the canonical request: tells a repeat (same run id or key) from another request. */
  readonly requestHash?: string | undefined;
  /** Idempotency-Key of the request; needs `requestHash`. */
  readonly idempotency?: { readonly principalId: string; readonly route: string; readonly key: string } | undefined;
}

/** A run that stood in the way of a new one. */
export interface ActiveRun {
  readonly runId: string;
  readonly status: 'pending' | 'running';
}

/**
 * Result of {@link RunsRepository.createRun}. Refusals wrote nothing. `approval-required`: a command where the thread waits for an approval;
 * `run-gone`: the key was used by a run that has been deleted since;
 * `run-id-taken`: another request used the run id.
 */
export type CreateRunResult =
  | {
      readonly kind: 'created';
      readonly run: RunRow;
      /** The answer to a request that has been served before: deliver nothing, publish nothing. */
      readonly replayed: boolean;
      /** The oldest of `activeRuns`. */
      readonly activeRun: ActiveRun | null;
      /** Runs before this one, oldest first; with `interrupt` and `rollback` the caller cancels them. */
      readonly activeRuns: readonly ActiveRun[];
      /** Null when replayed. */
      readonly notice: JournalNotice | null;
    }
  | { readonly kind: 'refused'; readonly reason: 'thread-busy'; readonly activeRun: ActiveRun }
  | { readonly kind: 'refused'; readonly reason: 'thread-not-found' | 'approval-required' | 'idempotency-mismatch' | 'run-id-taken' | 'run-gone' };

/** A run to hand to its thread's workflow. */
export interface DueDelivery {
  readonly tenantId: string;
  readonly threadId: string;
  readonly runId: string;
  readonly graphId: string;
  readonly traceparent: string | null;
}

/** A run that is said to be running and has not committed anything for a while. */
export interface StaleRun extends DueDelivery {
  /** The workflow execution that began it. */
  readonly workflowRunId: string | null;
}

/** A thread of a finished stateless run, to be deleted. */
export interface DueThreadDeletion {
  readonly tenantId: string;
  readonly threadId: string;
  readonly runId: string;
}

/** Selects runs of a thread, newest first. */
export interface RunListQuery {
  readonly threadId: string;
  readonly status?: RunStatus | undefined;
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** Result of {@link RunsRepository.cancelPending}. */
export interface CancelPendingResult {
  /** `running`: ask the workflow instead. */
  readonly kind: 'cancelled' | 'running' | 'terminal' | 'not-found';
  readonly notice: JournalNotice | null;
}
