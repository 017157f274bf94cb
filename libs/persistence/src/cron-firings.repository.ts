import { z } from 'zod';
import type { ClaimedFiring, CronFiring } from './crons.types';
import type { Database, TenantCall } from './database';
import { timestamp } from './rows.schema';
import type { TenantScope } from './tenant-scope';

const CLAIM: TenantCall = {
  name: 'claim_cron_firings',
  text: 'SELECT *, leased_until::text AS lease FROM executions.claim_cron_firings($1, make_interval(secs => $2))',
};
/** How long a moment is remembered after its run was made. */
const KEPT = `interval '7 days'`;
const firingRow = z.object({ tenant_id: z.string(), cron_id: z.string(), scheduled_at: timestamp, lease: z.string() });
const runIdRow = z.object({ run_id: z.string() });

/** Moments of crons, of each of which a run is made once. */
export class CronFiringsRepository {
  constructor(private readonly db: Database) {}

  /** Leaves a moment; one that is known, or of a cron that is gone, changes nothing. */
  async record(scope: TenantScope, { cronId, scheduledAt }: Omit<CronFiring, 'tenantId'>): Promise<void> {
    await this.db.withTenant(scope, (tx) =>
      tx.query(
        `INSERT INTO executions.cron_firings (tenant_id, cron_id, scheduled_at)
         SELECT tenant_id, cron_id, $2 FROM executions.crons WHERE cron_id = $1 AND NOT deleted ON CONFLICT DO NOTHING`,
        [cronId, scheduledAt],
      ),
    );
  }

  /** Moments of all tenants without a run; neither a claimed one nor another of its cron is given out again for `leaseMs`, or until {@link release}. */
  async claim(query: { limit: number; leaseMs: number }): Promise<ClaimedFiring[]> {
    const rows = z.array(firingRow).parse(await this.db.callSystem(CLAIM, [query.limit, query.leaseMs / 1_000]));
    return rows.map((row) => ({ tenantId: row.tenant_id, cronId: row.cron_id, scheduledAt: row.scheduled_at, lease: row.lease }));
  }

  /** The other moments of the cron may be claimed now; without effect when the lease was over and somebody else has one. */
  async release(scope: TenantScope, { cronId, lease }: ClaimedFiring): Promise<void> {
    await this.db.withTenant(scope, (tx) =>
      tx.query('UPDATE executions.crons SET firing_until = NULL WHERE cron_id = $1 AND firing_until = $2::timestamptz', [cronId, lease]),
    );
  }

  /**
   * A run of another moment that is still active; null when there is none. The run of a moment that is not finished, because whoever made it died
   * before it said so, is known by its idempotency key.
   * @param route part of the key
   */
  async activeRun(scope: TenantScope, { cronId, scheduledAt }: CronFiring, route: string): Promise<string | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT r.run_id FROM executions.cron_firings f
         JOIN executions.crons c ON c.cron_id = f.cron_id
         LEFT JOIN executions.idempotency_keys k ON f.run_id IS NULL AND f.outcome IS NULL AND k.principal_id = c.user_id AND k.route = $3
           AND k.key = f.cron_id::text || '/' || to_char(f.scheduled_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
         JOIN executions.runs r ON r.run_id = coalesce(f.run_id, k.run_id)
         WHERE f.cron_id = $1 AND f.scheduled_at <> $2 AND r.status IN ('pending', 'running') LIMIT 1`,
        [cronId, scheduledAt, route],
      ),
    );
    return runIdRow.optional().parse(rows[0])?.run_id ?? null;
  }

  /** Notes what became of a moment, and forgets old ones of the cron. False when somebody else was first: that stays. */
  async finish(scope: TenantScope, { cronId, scheduledAt }: CronFiring, outcome: string, runId: string | null): Promise<boolean> {
    return this.db.withTenant(scope, async (tx) => {
      const rows = await tx.query(
        `UPDATE executions.cron_firings SET outcome = $3, run_id = $4, leased_until = NULL
         WHERE cron_id = $1 AND scheduled_at = $2 AND outcome IS NULL RETURNING cron_id`,
        [cronId, scheduledAt, outcome, runId],
      );
      await tx.query(`DELETE FROM executions.cron_firings WHERE cron_id = $1 AND outcome IS NOT NULL AND created_at < now() - ${KEPT}`, [cronId]);
      return rows.length > 0;
    });
  }
}
