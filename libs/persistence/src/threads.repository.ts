import { z } from 'zod';
import type { Database, Sql } from './database';
import { toJsonb } from './jsonb';
import { Conditions, page } from './page';
import { putTtl } from './put-ttl';
import { threadRow, type ThreadRow } from './rows.schema';
import type { TenantScope } from './tenant-scope';
import type { CreateThreadInput, ThreadFilter, ThreadSearch } from './threads.types';

const SORT_COLUMNS = {
  thread_id: 'thread_id',
  status: 'status',
  created_at: 'created_at',
  updated_at: 'updated_at',
  state_updated_at: 'state_updated_at',
} as const;

const countRow = z.object({ count: z.number().int() });

/** Threads as the API sees them. */
export class ThreadsRepository {
  constructor(private readonly db: Database) {}

  /** `exists` only with ifExists=raise. */
  async create(
    scope: TenantScope,
    input: CreateThreadInput,
  ): Promise<{ kind: 'created' | 'existing'; thread: ThreadRow } | { kind: 'exists' }> {
    return this.db.withTenant(scope, async (tx) => {
      const made = await tx.query(
        `INSERT INTO executions.threads (tenant_id, thread_id, metadata) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING *`,
        [scope.tenantId, input.threadId, toJsonb(input.metadata)],
      );
      if (made.length > 0) {
        if (input.ttlSeconds !== undefined) await putTtl(tx, input.threadId, input.ttlSeconds);
        return { kind: 'created', thread: threadRow.parse(made[0]) };
      }
      if (input.ifExists === 'raise') return { kind: 'exists' };
      return { kind: 'existing', thread: threadRow.parse((await selectThread(tx, input.threadId))[0]) };
    });
  }

  /** Null when the tenant has no such thread. */
  async get(scope: TenantScope, threadId: string): Promise<ThreadRow | null> {
    const rows = await this.db.withTenant(scope, (tx) => selectThread(tx, threadId));
    return threadRow.optional().parse(rows[0]) ?? null;
  }

  /** Merges into the metadata, and changes how long it stays; null when the tenant has no such thread. */
  async patch(
    scope: TenantScope,
    threadId: string,
    patch: { metadata: Readonly<Record<string, unknown>>; ttlSeconds?: number | undefined },
  ): Promise<ThreadRow | null> {
    const rows = await this.db.withTenant(scope, async (tx) => {
      const params = [threadId, toJsonb(patch.metadata)];
      const changed = await tx.query(`UPDATE executions.threads SET metadata = metadata || $2, updated_at = now() WHERE thread_id = $1 RETURNING *`, params);
      if (changed.length > 0 && patch.ttlSeconds !== undefined) await putTtl(tx, threadId, patch.ttlSeconds);
      return changed;
    });
    return threadRow.optional().parse(rows[0]) ?? null;
  }

  /** Deletes the thread, its runs and checkpoints; the journal keeps its rows. Active runs are cancelled: their workflow finds them gone. */
  async delete(scope: TenantScope, threadId: string): Promise<boolean> {
    return this.db.withTenant(scope, async (tx) => (await deleteThreads(tx, [threadId])) > 0);
  }

  /** The same for a thread that has no active run. */
  async deleteIdle(scope: TenantScope, threadId: string): Promise<boolean> {
    return this.db.withTenant(scope, async (tx) => {
      // `busy` is set under the thread's lock by whoever makes a run; a delete that waited for it looks again.
      const idle = await tx.query(`SELECT FROM executions.threads WHERE thread_id = $1 AND status <> 'busy' FOR UPDATE`, [threadId]);
      return idle.length > 0 && (await deleteThreads(tx, [threadId])) > 0;
    });
  }

  /** A page, sorted. */
  async search(scope: TenantScope, search: ThreadSearch): Promise<ThreadRow[]> {
    const filter = conditions(search);
    const { limit, offset } = page(search);
    const sort = `${SORT_COLUMNS[search.sortBy ?? 'created_at']} ${search.sortOrder === 'asc' ? 'ASC' : 'DESC'}`;
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM executions.threads ${filter.where} ORDER BY ${sort}, thread_id LIMIT ${limit} OFFSET ${offset}`, filter.params),
    );
    return z.array(threadRow).parse(rows);
  }

  /** How many a search would find without its limit. */
  async count(scope: TenantScope, filter: ThreadFilter): Promise<number> {
    const { where, params } = conditions(filter);
    const rows = await this.db.withTenant(scope, (tx) => tx.query(`SELECT count(*)::int AS count FROM executions.threads ${where}`, params));
    return countRow.parse(rows[0]).count;
  }

  /** A new thread with the same state and history and no runs; null when the source is not there. @throws HoldfastError CONFLICT when the new id is taken. */
  async copy(scope: TenantScope, query: { threadId: string; newThreadId: string }): Promise<ThreadRow | null> {
    return this.db.withTenant(scope, async (tx) => {
      const ids = [query.threadId, query.newThreadId];
      const made = await tx.query(
        `INSERT INTO executions.threads (tenant_id, thread_id, status, metadata, config)
         SELECT tenant_id, $2, 'idle', metadata, config FROM executions.threads WHERE thread_id = $1 RETURNING thread_id`,
        ids,
      );
      if (made.length === 0) return null;
      // In order of position, so that the newest of the copy is the newest of the source. The runs stay with the source.
      await tx.query(
        `INSERT INTO executions.checkpoints
           (tenant_id, thread_id, checkpoint_id, parent_checkpoint_id, step, source, values, next, tasks, metadata, saved, created_at)
         SELECT tenant_id, $2, checkpoint_id, parent_checkpoint_id, step, source, values, next, tasks, metadata, saved, created_at
         FROM executions.checkpoints WHERE thread_id = $1 ORDER BY position`,
        ids,
      );
      // A copy is no way around an approval: it waits as its source does.
      await tx.query('SELECT executions.copy_approvals(tenant_id, thread_id, $2) FROM executions.threads WHERE thread_id = $1', ids);
      await tx.query('SELECT executions.copy_waits(tenant_id, thread_id, $2) FROM executions.threads WHERE thread_id = $1', ids);
      await tx.query(`SELECT executions.settle_thread(tenant_id, thread_id, NULL, NULL, NULL) FROM executions.threads WHERE thread_id = $1`, [
        query.newThreadId,
      ]);
      return threadRow.parse((await selectThread(tx, query.newThreadId))[0]);
    });
  }

  /**
   * `delete`: whole threads; `keep_latest`: all checkpoints but the newest. Threads with an active run are left alone.
   * Returns how many threads were pruned.
   */
  async prune(scope: TenantScope, query: { threadIds: readonly string[]; strategy: 'delete' | 'keep_latest' }): Promise<number> {
    return this.db.withTenant(scope, async (tx) => {
      const idle = z.array(z.object({ thread_id: z.string() })).parse(
        await tx.query(
          `SELECT thread_id FROM executions.threads WHERE thread_id = ANY($1::uuid[]) AND status <> 'busy' ORDER BY thread_id FOR UPDATE`,
          [query.threadIds],
        ),
      );
      const ids = idle.map((row) => row.thread_id);
      if (query.strategy === 'delete') return deleteThreads(tx, ids);
      await tx.query(
        `DELETE FROM executions.checkpoints c USING executions.threads t
         WHERE t.thread_id = ANY($1::uuid[]) AND c.tenant_id = t.tenant_id AND c.thread_id = t.thread_id
           AND c.checkpoint_id <> t.latest_checkpoint_id`,
        [ids],
      );
      return ids.length;
    });
  }
}

/** Deletes threads with everything but the journal. @internal */
export async function deleteThreads(tx: Sql, threadIds: readonly string[]): Promise<number> {
  // The thread first, as everywhere. What was under way has an end for those who read the journal.
  await tx.query(`SELECT FROM executions.threads WHERE thread_id = ANY($1::uuid[]) ORDER BY thread_id FOR UPDATE`, [threadIds]);
  await tx.query(
    `WITH active AS (
       UPDATE executions.runs SET status = 'interrupted', last_seq = last_seq + 1, ended_at = now()
       WHERE thread_id = ANY($1::uuid[]) AND status IN ('pending', 'running') RETURNING *
     )
     INSERT INTO executions.run_events (tenant_id, run_id, seq, thread_id, type, traceparent, data)
     SELECT tenant_id, run_id, last_seq, thread_id, 'run.cancelled.v1', traceparent, '{"reason": "the thread was deleted"}' FROM active`,
    [threadIds],
  );
  await tx.query(
    `SELECT executions.supersede_approvals(tenant_id, thread_id, '{}', 'the thread was deleted') FROM executions.threads WHERE thread_id = ANY($1::uuid[])`,
    [threadIds],
  );
  // Its runs go by the foreign key.
  const gone = await tx.query(`DELETE FROM executions.threads WHERE thread_id = ANY($1::uuid[]) RETURNING thread_id`, [threadIds]);
  await tx.query(`DELETE FROM executions.checkpoints WHERE thread_id = ANY($1::uuid[])`, [threadIds]);
  return gone.length;
}

function selectThread(tx: Sql, threadId: string): Promise<readonly unknown[]> {
  return tx.query(`SELECT * FROM executions.threads WHERE thread_id = $1`, [threadId]);
}

function conditions(filter: ThreadFilter): Conditions {
  return new Conditions()
    .add('metadata @> ?::jsonb', filter.metadata === undefined ? undefined : toJsonb(filter.metadata))
    .add('values @> ?::jsonb', filter.values === undefined ? undefined : toJsonb(filter.values))
    .add('status = ?', filter.status)
    .add('thread_id = ANY(?::uuid[])', filter.ids);
}
