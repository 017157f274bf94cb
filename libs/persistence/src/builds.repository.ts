import { z } from 'zod';
import type { Database, TenantCall } from './database';
import { timestamp } from './rows.schema';

const RENEW: TenantCall = { name: 'renew_worker', text: 'SELECT executions.renew_worker($1, $2, $3)' };
const END: TenantCall = { name: 'end_worker', text: 'DELETE FROM executions.workers WHERE worker_id = $1' };
const LIST: TenantCall = {
  name: 'list_builds',
  text: `SELECT b.build_id, b.first_seen_at, b.withdrawn_at, b.withdrawn_reason,
           (SELECT count(*)::int FROM executions.workers w WHERE w.build_id = b.build_id AND w.alive_until > clock_timestamp()) AS workers
         FROM executions.builds b ORDER BY b.first_seen_at DESC, b.build_id LIMIT $1`,
};
const WITHDRAW: TenantCall = {
  name: 'withdraw_build',
  text: `UPDATE executions.builds SET withdrawn_at = now(), withdrawn_reason = $2 WHERE build_id = $1 AND withdrawn_at IS NULL RETURNING 1`,
};
const REINSTATE: TenantCall = {
  name: 'reinstate_build',
  text: `UPDATE executions.builds SET withdrawn_at = NULL, withdrawn_reason = NULL WHERE build_id = $1`,
};

/** More than a deployment may have versions. */
const MOST_BUILDS = 200;

const row = z.object({
  build_id: z.string(),
  first_seen_at: timestamp,
  withdrawn_at: timestamp.nullable(),
  withdrawn_reason: z.string().nullable(),
  workers: z.number().int(),
});

/** A build of the workers. */
export interface BuildRow {
  readonly buildId: string;
  readonly firstSeenAt: Date;
  /** Why no run is given to it any more; null for a build that nobody took back. */
  readonly withdrawn: string | null;
  /** Worker processes of it that are alive. */
  readonly workers: number;
}

/** Builds and the workers that run them, by the database's clock. They belong to no tenant. */
export class BuildsRepository {
  constructor(private readonly db: Database) {}

  /** The worker counts as alive for `leaseMs` from now. */
  async renewWorker(workerId: string, buildId: string, leaseMs: number): Promise<void> {
    await this.db.callSystem(RENEW, [workerId, buildId, leaseMs]);
  }

  /** The worker is gone. */
  async endWorker(workerId: string): Promise<void> {
    await this.db.callSystem(END, [workerId]);
  }

  /** The newest builds, newest first. */
  async list(): Promise<BuildRow[]> {
    const rows = z.array(row).parse(await this.db.callSystem(LIST, [MOST_BUILDS]));
    return rows.map((build) => ({
      buildId: build.build_id,
      firstSeenAt: new Date(build.first_seen_at),
      withdrawn: build.withdrawn_at === null ? null : (build.withdrawn_reason ?? ''),
      workers: build.workers,
    }));
  }

  /** Takes a build back. False when it was taken back before, or nobody has seen it. */
  async withdraw(buildId: string, reason: string): Promise<boolean> {
    return (await this.db.callSystem(WITHDRAW, [buildId, reason])).length > 0;
  }

  /** Lets the build take runs again. */
  async reinstate(buildId: string): Promise<void> {
    await this.db.callSystem(REINSTATE, [buildId]);
  }
}
