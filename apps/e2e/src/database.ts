import pg from 'pg';
import { z } from 'zod';
import { stack } from './config';

/** Tables that hold what tenants own. */
export const TENANT_TABLES = [
  'executions.assistants',
  'executions.assistant_versions',
  'executions.threads',
  'executions.thread_ttls',
  'executions.runs',
  'executions.run_events',
  'executions.checkpoints',
  'executions.blobs',
  'executions.blob_owners',
  'executions.blob_uses',
  'executions.idempotency_keys',
  'executions.approvals',
  'executions.approval_entries',
  'executions.waits',
  'executions.posted_events',
  'executions.crons',
  'executions.cron_firings',
  'tools.tool_calls',
] as const;

/** Runs something on a connection of the database's owner, who too is under row level security. */
export async function asOwner<T>(work: (owner: pg.Client) => Promise<T>): Promise<T> {
  const owner = new pg.Client({ connectionString: stack.ownerDatabaseUrl, connectionTimeoutMillis: 5_000, query_timeout: 20_000 });
  // a server that is killed while we are connected must not end the test run
  owner.on('error', () => undefined);
  await owner.connect();
  try {
    return await work(owner);
  } finally {
    await owner.end().catch(() => undefined);
  }
}

/** Runs something as the owner inside a tenant. A few tables show the owner rows of all tenants (the sweep): statements name the tenant. */
export function asTenant<T>(tenantId: string, work: (owner: pg.Client) => Promise<T>): Promise<T> {
  return asOwner(async (owner) => {
    await owner.query(`SELECT set_config('app.tenant_id', $1, false)`, [tenantId]);
    return work(owner);
  });
}

/** How many rows the tenant has in each table. */
export function countRows(tenantId: string): Promise<Record<string, number>> {
  return asTenant(tenantId, async (owner) => {
    const counts: Record<string, number> = {};
    for (const table of TENANT_TABLES) {
      const { rows } = await owner.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table} WHERE tenant_id = $1`, [tenantId]);
      counts[table] = rows[0]?.count ?? -1;
    }
    return counts;
  });
}

const journalRow = z.object({ run_id: z.string(), seq: z.int(), type: z.string(), time: z.date(), data: z.unknown(), published_at: z.date().nullable() });
/** A row of the run journal. */
export type StoredEvent = z.infer<typeof journalRow>;

/** The tenant's journal, in order per run. @param runId only of this run */
export function readJournal(tenantId: string, runId?: string): Promise<StoredEvent[]> {
  return asTenant(tenantId, async (owner) => {
    const { rows } = await owner.query(
      `SELECT run_id, seq, type, time, data, published_at FROM executions.run_events WHERE tenant_id = $1 AND ($2::uuid IS NULL OR run_id = $2)
       ORDER BY run_id, seq`,
      [tenantId, runId ?? null],
    );
    return z.array(journalRow).parse(rows);
  });
}
