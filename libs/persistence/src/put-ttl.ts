import type { Sql } from './database';

/** Gives a thread its time. @internal */
export async function putTtl(tx: Sql, threadId: string, ttlSeconds: number): Promise<void> {
  await tx.query(
    `INSERT INTO executions.thread_ttls (tenant_id, thread_id, ttl_seconds, due_at)
     SELECT tenant_id, thread_id, $2::double precision, now() + make_interval(secs => $2::double precision) FROM executions.threads WHERE thread_id = $1
     ON CONFLICT (tenant_id, thread_id) DO UPDATE SET ttl_seconds = excluded.ttl_seconds, due_at = excluded.due_at`,
    [threadId, ttlSeconds],
  );
}
