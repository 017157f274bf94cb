import type { Database } from './database';
import type { CheckpointRow } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/** A page of a thread's history, newest first. */
export interface HistoryQuery {
  readonly threadId: string;
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
  /** Only checkpoints written before this one. */
  readonly beforeCheckpointId?: string | undefined;
  /** Contained in the checkpoint's metadata (jsonb @>). */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Only this one. */
  readonly checkpointId?: string | undefined;
}

/** Thread states. */
export class CheckpointsRepository {
  constructor(protected readonly db: Database) {}

  /** The thread's newest checkpoint, or the given one; null when there is none. */
  async get(_scope: TenantScope, _query: { threadId: string; checkpointId?: string | undefined }): Promise<CheckpointRow | null> {
    throw new Error('not built yet');
  }

  /** Newest first. */
  async history(_scope: TenantScope, _query: HistoryQuery): Promise<CheckpointRow[]> {
    throw new Error('not built yet');
  }

  /** Merges into the metadata of the newest checkpoint; null when there is none. */
  async patchMetadata(_scope: TenantScope, _threadId: string, _metadata: Readonly<Record<string, unknown>>): Promise<CheckpointRow | null> {
    throw new Error('not built yet');
  }
}
