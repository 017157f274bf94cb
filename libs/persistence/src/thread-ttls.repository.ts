import { z } from 'zod';
import type { Database, Sql, TenantCall } from './database';
import { timestamp } from './rows.schema';
import type { TenantScope } from './tenant-scope';
import { deleteThreads } from './threads.repository';

const CLAIM: TenantCall = { name: 'claim_due_threads', text: 'SELECT * FROM executions.claim_due_threads($1, make_interval(secs => $2))' };
/** A thread that something needs is not looked at again for so long. */
const NEEDED_PAUSE = `interval '10 minutes'`;

const dueRow = z.object({ tenant_id: z.string(), thread_id: z.string() });
const ttlRow = z.object({ ttl_seconds: z.number(), expires_at: timestamp });
const judgedRow = z.object({ over: z.boolean(), needed: z.boolean() });

/** How long a thread stays without a change. */
export interface ThreadTtl {
  readonly ttlSeconds: number;
  readonly expiresAt: Date;
}

/** A thread whose time may be over. */
export interface DueThread {
  readonly tenantId: string;
  readonly threadId: string;
}

/** Threads that go after a time without a change. */
export class ThreadTtlsRepository {
  constructor(private readonly db: Database) {}

  /** Null for a thread that stays. */
  async get(scope: TenantScope, threadId: string): Promise<ThreadTtl | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT x.ttl_seconds, th.updated_at + make_interval(secs => x.ttl_seconds) AS expires_at
         FROM executions.threads th JOIN executions.thread_ttls x ON x.tenant_id = th.tenant_id AND x.thread_id = th.thread_id WHERE th.thread_id = $1`,
        [threadId],
      ),
    );
    const row = ttlRow.optional().parse(rows[0]);
    return row === undefined ? null : { ttlSeconds: row.ttl_seconds, expiresAt: row.expires_at };
  }

  /** Threads of all tenants to look at; a claimed one is not given out again for `leaseMs`. */
  async claimDue(query: { limit: number; leaseMs: number }): Promise<DueThread[]> {
    const rows = z.array(dueRow).parse(await this.db.callSystem(CLAIM, [query.limit, query.leaseMs / 1_000]));
    return rows.map((row) => ({ tenantId: row.tenant_id, threadId: row.thread_id }));
  }

  /** True when its time is over and nothing needs it; otherwise it is due again later. */
  async isExpired(scope: TenantScope, threadId: string): Promise<boolean> {
    return this.db.withTenant(scope, (tx) => isExpired(tx, threadId));
  }

  /** Deletes a thread whose time is still over and that nothing needs, under its lock; false when it stays. */
  async deleteExpired(scope: TenantScope, threadId: string): Promise<boolean> {
    return this.db.withTenant(scope, async (tx) => {
      // First the lock: whoever makes a run holds it meanwhile.
      await tx.query('SELECT FROM executions.threads WHERE thread_id = $1 FOR UPDATE', [threadId]);
      return (await isExpired(tx, threadId)) && (await deleteThreads(tx, [threadId])) > 0;
    });
  }
}

async function isExpired(tx: Sql, threadId: string): Promise<boolean> {
  const rows = await tx.query(
    `SELECT th.updated_at + make_interval(secs => x.ttl_seconds) <= clock_timestamp() AS over, executions.thread_is_needed(th) AS needed
     FROM executions.threads th JOIN executions.thread_ttls x ON x.tenant_id = th.tenant_id AND x.thread_id = th.thread_id WHERE th.thread_id = $1`,
    [threadId],
  );
  const judged = judgedRow.optional().parse(rows[0]);
  if (judged === undefined || (judged.over && !judged.needed)) return judged !== undefined;
  await tx.query(
    `UPDATE executions.thread_ttls x SET due_at = CASE WHEN $2 THEN now() + ${NEEDED_PAUSE} ELSE th.updated_at + make_interval(secs => x.ttl_seconds) END
     FROM executions.threads th WHERE x.thread_id = $1 AND th.tenant_id = x.tenant_id AND th.thread_id = x.thread_id`,
    [threadId, judged.over],
  );
  return false;
}
