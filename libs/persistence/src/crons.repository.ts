import { z } from 'zod';
import { cronRow, type CronRow } from './crons.rows';
import type { CronFilter, CronSearch, CronUpdate, NewCron } from './crons.types';
import type { Database, TenantCall } from './database';
import { toJsonb } from './jsonb';
import { Conditions, page } from './page';
import type { TenantScope } from './tenant-scope';

/** Crons that a tenant may have. */
export const MAX_CRONS = 1_000;

const CLAIM_UNSYNCED: TenantCall = { name: 'claim_unsynced_crons', text: 'SELECT * FROM executions.claim_unsynced_crons($1, make_interval(secs => $2))' };
const JSON_COLUMNS: readonly string[] = ['payload', 'metadata'];
const countRow = z.object({ count: z.number().int() });

/** Runs by the clock. A deleted cron is no longer shown, and stays until its schedule has gone. */
export class CronsRepository {
  constructor(private readonly db: Database) {}

  /** Null when the tenant has too many. The caller has it for `leaseMs`, to make its schedule. */
  async create(scope: TenantScope, cron: NewCron, leaseMs = 0): Promise<CronRow | null> {
    const columns = columnsOf({ ...cron });
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `INSERT INTO executions.crons (tenant_id, leased_until, ${columns.map(([name]) => name).join(', ')})
         SELECT $1, ${leaseEnd('$2')}, ${columns.map((_, i) => `$${i + 3}`).join(', ')}
         WHERE (SELECT count(*) FROM executions.crons WHERE NOT deleted) < ${MAX_CRONS}
         RETURNING *`,
        [scope.tenantId, leaseMs / 1_000, ...columns.map(([, value]) => value)],
      ),
    );
    return cronRow.optional().parse(rows[0]) ?? null;
  }

  /** Null when the tenant has no such cron. */
  async get(scope: TenantScope, cronId: string): Promise<CronRow | null> {
    const rows = await this.db.withTenant(scope, (tx) => tx.query('SELECT * FROM executions.crons WHERE cron_id = $1 AND NOT deleted', [cronId]));
    return cronRow.optional().parse(rows[0]) ?? null;
  }

  /**
   * Null when the tenant has no such cron, or not any more in this revision. A change that says nothing of `problem` clears it. Whoever holds
   * the lease is about what the cron was before, so that it goes to the caller for `leaseMs`.
   */
  async update(scope: TenantScope, cronId: string, { change, revision, leaseMs = 0 }: CronUpdate): Promise<CronRow | null> {
    const columns = columnsOf({ problem: null, ...change });
    const set = columns.map(([name], i) => `${name} = $${i + 4}`).join(', ');
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `UPDATE executions.crons SET revision = revision + 1, updated_at = now(), leased_until = ${leaseEnd('$3')}, ${set}
         WHERE cron_id = $1 AND NOT deleted AND ($2::int IS NULL OR revision = $2) RETURNING *`,
        [cronId, revision ?? null, leaseMs / 1_000, ...columns.map(([, value]) => value)],
      ),
    );
    return cronRow.optional().parse(rows[0]) ?? null;
  }

  /** Null when the tenant has no such cron. The caller has it for `leaseMs`, to delete its schedule. */
  async delete(scope: TenantScope, cronId: string, leaseMs = 0): Promise<CronRow | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `UPDATE executions.crons SET deleted = true, revision = revision + 1, updated_at = now(), leased_until = ${leaseEnd('$2')}
         WHERE cron_id = $1 AND NOT deleted RETURNING *`,
        [cronId, leaseMs / 1_000],
      ),
    );
    return cronRow.optional().parse(rows[0]) ?? null;
  }

  /** A page, sorted. */
  async search(scope: TenantScope, search: CronSearch): Promise<CronRow[]> {
    const { where, params } = conditions(search);
    const { limit, offset } = page(search);
    const column = search.sortBy === 'next_run_date' ? 'next_run_at' : (search.sortBy ?? 'created_at');
    const sort = `${column} ${search.sortOrder === 'asc' ? 'ASC' : 'DESC'}`;
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM executions.crons ${where} ORDER BY ${sort}, cron_id LIMIT ${limit} OFFSET ${offset}`, params),
    );
    return z.array(cronRow).parse(rows);
  }

  /** How many a search would find without its limit. */
  async count(scope: TenantScope, filter: CronFilter): Promise<number> {
    const { where, params } = conditions(filter);
    const rows = await this.db.withTenant(scope, (tx) => tx.query(`SELECT count(*)::int AS count FROM executions.crons ${where}`, params));
    return countRow.parse(rows[0]).count;
  }

  /** Crons of all tenants whose schedules are behind; a claimed one is not given out again for `leaseMs`. */
  async claimUnsynced(query: { limit: number; leaseMs: number }): Promise<CronRow[]> {
    return z.array(cronRow).parse(await this.db.callSystem(CLAIM_UNSYNCED, [query.limit, query.leaseMs / 1_000]));
  }

  /**
   * Its schedule is as this revision says; that of a deleted one is gone. False when the row is gone, so that nobody will delete the schedule.
   * Without a lease somebody else was about the cron meanwhile, who may have written an older revision over this one: it stays behind.
   */
  async synced(scope: TenantScope, { cron_id: cronId, revision, deleted }: CronRow, nextRunAt: Date | null): Promise<boolean> {
    const rows = await this.db.withTenant(scope, (tx) =>
      deleted
        ? tx.query('DELETE FROM executions.crons WHERE cron_id = $1 AND deleted RETURNING cron_id', [cronId])
        : tx.query(
            `UPDATE executions.crons SET next_run_at = $3, leased_until = NULL,
               synced_revision = CASE WHEN revision > $2 OR leased_until IS NOT NULL THEN $2 ELSE synced_revision END
             WHERE cron_id = $1 RETURNING cron_id`,
            [cronId, revision, nextRunAt],
          ),
    );
    return rows.length > 0;
  }

  /** Switches one off whose schedule cannot be brought to this revision. False when the cron has changed since, or is gone. */
  async refuse(scope: TenantScope, { cron_id: cronId, revision }: CronRow, problem: string): Promise<boolean> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `UPDATE executions.crons SET enabled = false, problem = $3, synced_revision = revision, next_run_at = NULL, leased_until = NULL, updated_at = now()
         WHERE cron_id = $1 AND revision = $2 AND NOT deleted RETURNING cron_id`,
        [cronId, revision, problem],
      ),
    );
    return rows.length > 0;
  }

  /** Forgets one that was never good: its schedule could not be made. */
  async discard(scope: TenantScope, cronId: string): Promise<void> {
    await this.db.withTenant(scope, (tx) => tx.query('DELETE FROM executions.crons WHERE cron_id = $1 AND synced_revision = 0', [cronId]));
  }

  /** When it is next. */
  async noteNext(scope: TenantScope, cronId: string, nextRunAt: Date | null): Promise<void> {
    await this.db.withTenant(scope, (tx) => tx.query('UPDATE executions.crons SET next_run_at = $2 WHERE cron_id = $1', [cronId, nextRunAt]));
  }
}

/** SQL of the moment when a lease of so many seconds ends: nobody's, and at once, with none. */
function leaseEnd(seconds: string): string {
  return `now() + make_interval(secs => ${seconds})`;
}

function columnsOf(fields: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, JSON_COLUMNS.includes(name) ? toJsonb(value) : value]);
}

function conditions({ assistantId, threadId, enabled, metadata }: CronFilter): Conditions {
  return new Conditions()
    .add('deleted = ?', false)
    .add('assistant_id = ?', assistantId)
    .add('thread_id = ?', threadId)
    .add('enabled = ?', enabled)
    .add('metadata @> ?::jsonb', metadata === undefined ? undefined : toJsonb(metadata));
}
