import { z } from 'zod';
import type { Database } from './database';
import type { TenantScope } from './tenant-scope';
import type { RunPlace } from './thread-runs.repository';

/** A state edit of a thread, with its place among the thread's runs: edits are refused while a run is due or under way. */
export interface PlacedEdit {
  readonly checkpointId: string;
  readonly place: RunPlace;
}

const COLUMNS = `checkpoint_id, created_at::text AS due_at`;
// Runs of the same moment come behind it.
const editRow = z
  .object({ checkpoint_id: z.string(), due_at: z.string() })
  .transform(({ checkpoint_id: checkpointId, due_at: dueAt }): PlacedEdit => ({ checkpointId, place: { dueAt, position: '0' } }));

/** The changes that people made to the state of a thread, in order, between its runs. */
export class ThreadEditsRepository {
  constructor(private readonly db: Database) {}

  /** The first behind one place and before another; null when there is none. */
  next(scope: TenantScope, query: { threadId: string; after: RunPlace | null; before: RunPlace | null }): Promise<PlacedEdit | null> {
    const { threadId, after, before } = query;
    return this.#one(
      scope,
      `AND ($2::timestamptz IS NULL OR created_at > $2::timestamptz) AND ($3::timestamptz IS NULL OR created_at < $3::timestamptz) ORDER BY created_at LIMIT 1`,
      [threadId, after?.dueAt ?? null, before?.dueAt ?? null],
    );
  }

  /** The newest behind a place; null when there is none. */
  last(scope: TenantScope, query: { threadId: string; after: RunPlace | null }): Promise<PlacedEdit | null> {
    const { threadId, after } = query;
    return this.#one(scope, `AND ($2::timestamptz IS NULL OR created_at > $2::timestamptz) ORDER BY created_at DESC LIMIT 1`, [threadId, after?.dueAt ?? null]);
  }

  /** Null when the thread has no such edit. */
  get(scope: TenantScope, query: { threadId: string; checkpointId: string }): Promise<PlacedEdit | null> {
    return this.#one(scope, `AND checkpoint_id = $2`, [query.threadId, query.checkpointId]);
  }

  async #one(scope: TenantScope, rest: string, params: readonly unknown[]): Promise<PlacedEdit | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT ${COLUMNS} FROM executions.checkpoints WHERE thread_id = $1 AND command_id IS NOT NULL ${rest}`, [...params]),
    );
    return editRow.optional().parse(rows[0]) ?? null;
  }
}
