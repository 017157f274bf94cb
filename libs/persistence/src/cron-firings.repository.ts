import { z } from 'zod';
import type { CronFiring } from './crons.types';
import type { Database, TenantCall } from './database';
import { timestamp } from './rows.schema';
import type { TenantScope } from './tenant-scope';

const CLAIM: TenantCall = { name: 'claim_cron_firings', text: 'SELECT * FROM executions.claim_cron_firings($1, make_interval(secs => $2))' };
/** How long a moment is remembered after its run was made. */
const KEPT = `interval '7 days'`;
const firingRow = z.object({ tenant_id: z.string(), cron_id: z.string(), scheduled_at: timestamp });
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

  /** Moments of all tenants without a run; a claimed one is not given out again for `leaseMs`. */
  async claim(query: { limit: number; leaseMs: number }): Promise<CronFiring[]> {
    const rows = z.array(firingRow).parse(await this.db.callSystem(CLAIM, [query.limit, query.leaseMs / 1_000]));
    return rows.map((row) => ({ tenantId: row.tenant_id, cronId: row.cron_id, scheduledAt: row.scheduled_at }));
  }

  /** A run of another moment that is still active; null when there is none. */
  async activeRun(scope: TenantScope, { cronId, scheduledAt }: CronFiring): Promise<string | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT f.run_id FROM executions.cron_firings f JOIN executions.runs r ON r.run_id = f.run_id
         WHERE f.cron_id = $1 AND f.scheduled_at <> $2 AND r.status IN ('pending', 'running') LIMIT 1`,
        [cronId, scheduledAt],
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
