import type { JournalRow } from '@holdfast/contracts/events';
import type { RunStatus } from '@holdfast/contracts/runs';
import type { Database } from './database';
import type { BeginRunRequest, BeginRunResult, CommitResult, EditResult, ProgressBatch, ThreadEdit } from './journal.types';
import type { TenantScope } from './tenant-scope';

/** A page of a run's journal. */
export interface JournalPage {
  /** Rows after the asked seq, in order, at most as many as asked. */
  readonly events: readonly JournalRow[];
  readonly lastSeq: number;
  /** Status of the run as of the same snapshot. `interrupted` for a run that was rolled back and deleted. */
  readonly status: RunStatus;
}

/** Writes and reads what runs do. Each method is one transaction in one round trip. */
export class RunJournal {
  constructor(protected readonly db: Database) {}

  /** Marks the run as running and tells how to go on. Idempotent by workflow run id; another workflow run takes the run over. */
  async beginRun(_scope: TenantScope, _request: BeginRunRequest): Promise<BeginRunResult> {
    throw new Error('not built yet');
  }

  /** Appends to the journal with gapless seq, stores the checkpoint, and on `end` finishes the run and updates its thread. */
  async commitProgress(_scope: TenantScope, _batch: ProgressBatch): Promise<CommitResult> {
    throw new Error('not built yet');
  }

  /** The saver's dump of a thread's newest or a given checkpoint; null when there is none. */
  async loadThread(
    _scope: TenantScope,
    _query: { threadId: string; checkpointId?: string | undefined },
  ): Promise<{ saved: string; checkpointId: string; step: number } | null> {
    throw new Error('not built yet');
  }

  /** Stores a state edited by a person; refused while a run is active. */
  async commitEdit(_scope: TenantScope, _edit: ThreadEdit): Promise<EditResult> {
    throw new Error('not built yet');
  }

  /** Rows after `afterSeq` (0 = all), at most `limit` (default 1000); null when the tenant has no such run. */
  async readEvents(_scope: TenantScope, _query: { runId: string; afterSeq: number; limit?: number }): Promise<JournalPage | null> {
    throw new Error('not built yet');
  }
}
