import type { Database } from './database';
import type { ThreadRow } from './rows.schema';
import type { TenantScope } from './tenant-scope';
import type { CreateThreadInput, ThreadFilter, ThreadSearch } from './threads.types';

/** Threads as the API sees them. */
export class ThreadsRepository {
  constructor(protected readonly db: Database) {}

  /** `exists` only with ifExists=raise. */
  async create(_scope: TenantScope, _input: CreateThreadInput): Promise<{ kind: 'created' | 'existing'; thread: ThreadRow } | { kind: 'exists' }> {
    throw new Error('not built yet');
  }

  /** Null when the tenant has no such thread. */
  async get(_scope: TenantScope, _threadId: string): Promise<ThreadRow | null> {
    throw new Error('not built yet');
  }

  /** Merges into the metadata; null when the tenant has no such thread. */
  async patch(_scope: TenantScope, _threadId: string, _patch: { metadata: Readonly<Record<string, unknown>> }): Promise<ThreadRow | null> {
    throw new Error('not built yet');
  }

  /** Deletes the thread, its runs and checkpoints; the journal keeps its rows. Active runs are deleted too: their workflow then skips them. */
  async delete(_scope: TenantScope, _threadId: string): Promise<boolean> {
    throw new Error('not built yet');
  }

  /** A page, sorted. */
  async search(_scope: TenantScope, _search: ThreadSearch): Promise<ThreadRow[]> {
    throw new Error('not built yet');
  }

  /** How many a search would find without its limit. */
  async count(_scope: TenantScope, _filter: ThreadFilter): Promise<number> {
    throw new Error('not built yet');
  }

  /** A new idle thread with the same state and history; null when the source is not there. */
  async copy(_scope: TenantScope, _query: { threadId: string; newThreadId: string }): Promise<ThreadRow | null> {
    throw new Error('not built yet');
  }

  /** `delete`: whole threads; `keep_latest`: all checkpoints but the newest. Threads with an active run are left alone. Returns how many were pruned. */
  async prune(_scope: TenantScope, _query: { threadIds: readonly string[]; strategy: 'delete' | 'keep_latest' }): Promise<number> {
    throw new Error('not built yet');
  }
}
