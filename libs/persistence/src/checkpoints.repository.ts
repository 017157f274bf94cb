import { z } from 'zod';
import type { Database } from './database';
import { toJsonb } from './jsonb';
import { Conditions, page } from './page';
import { checkpointRow, type CheckpointRow } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/** A page of a thread's history, newest first. */
export interface HistoryQuery {
  readonly threadId: string;
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
  /** Only checkpoints written before this one; an unknown id finds none. */
  readonly beforeCheckpointId?: string | undefined;
  /** Contained in the checkpoint's metadata (jsonb @>). */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Only this one. */
  readonly checkpointId?: string | undefined;
  /** Only those from which this task is executed. */
  readonly taskId?: string | undefined;
}

// Everything but `saved` and `command_id`.
const COLUMNS =
  'tenant_id, thread_id, checkpoint_id, parent_checkpoint_id, run_id, step, source, values, next, tasks, metadata, position, created_at';

/** Thread states. */
export class CheckpointsRepository {
  constructor(private readonly db: Database) {}

  /** The thread's newest checkpoint, also of those asked for; null when there is none. */
  async get(scope: TenantScope, query: Pick<HistoryQuery, 'threadId' | 'checkpointId' | 'taskId'>): Promise<CheckpointRow | null> {
    const [newest] = await this.history(scope, { ...query, limit: 1 });
    return newest ?? null;
  }

  /** First line of the newest checkpoint's saved text, which says what made it; null for a thread without one. */
  async savedHeader(scope: TenantScope, threadId: string): Promise<string | null> {
    const [found] = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT split_part(saved, E'\\n', 1) AS header FROM executions.checkpoints WHERE thread_id = $1 ORDER BY position DESC LIMIT 1`, [threadId]),
    );
    return found === undefined ? null : z.object({ header: z.string() }).parse(found).header;
  }

  /** True when the thread has the checkpoint. */
  async exists(scope: TenantScope, query: { threadId: string; checkpointId: string }): Promise<boolean> {
    const found = await this.db.withTenant(scope, (tx) =>
      tx.query('SELECT FROM executions.checkpoints WHERE thread_id = $1 AND checkpoint_id = $2', [query.threadId, query.checkpointId]),
    );
    return found.length > 0;
  }

  /** True when a state edit with this command has made one. */
  async hasEdit(scope: TenantScope, query: { threadId: string; commandId: string }): Promise<boolean> {
    const found = await this.db.withTenant(scope, (tx) =>
      tx.query('SELECT FROM executions.checkpoints WHERE thread_id = $1 AND command_id = $2', [query.threadId, query.commandId]),
    );
    return found.length > 0;
  }

  /** Newest first. */
  async history(scope: TenantScope, query: HistoryQuery): Promise<CheckpointRow[]> {
    const { where, params } = new Conditions()
      .add('thread_id = ?', query.threadId)
      .add('checkpoint_id = ?', query.checkpointId)
      .add('tasks @> ?::jsonb', query.taskId === undefined ? undefined : toJsonb([{ id: query.taskId }]))
      .add(
        'position < (SELECT b.position FROM executions.checkpoints b WHERE b.thread_id = $1 AND b.checkpoint_id = ?)',
        query.beforeCheckpointId,
      )
      .add('metadata @> ?::jsonb', query.metadata === undefined ? undefined : toJsonb(query.metadata));
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT ${COLUMNS} FROM executions.checkpoints ${where} ORDER BY position DESC LIMIT ${page(query).limit}`, params),
    );
    return z.array(checkpointRow).parse(rows);
  }

  /** Merges into the metadata of the newest checkpoint; null when there is none. */
  async patchMetadata(scope: TenantScope, threadId: string, metadata: Readonly<Record<string, unknown>>): Promise<CheckpointRow | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `UPDATE executions.checkpoints SET metadata = metadata || $2
         WHERE thread_id = $1 AND position = (SELECT max(position) FROM executions.checkpoints WHERE thread_id = $1) RETURNING ${COLUMNS}`,
        [threadId, toJsonb(metadata)],
      ),
    );
    return checkpointRow.optional().parse(rows[0]) ?? null;
  }
}
