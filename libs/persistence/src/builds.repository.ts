import { z } from 'zod';
import type { Database, TenantCall } from './database';
import type { GraphLoads } from './graphs.repository';
import { timestamp } from './rows.schema';

const RENEW: TenantCall = { name: 'renew_worker', text: 'SELECT executions.renew_worker($1, $2, $3, $4, $5)' };
const END: TenantCall = { name: 'end_worker', text: 'UPDATE executions.workers SET alive_until = clock_timestamp() WHERE worker_id = $1' };
const LIST: TenantCall = {
  name: 'list_builds',
  text: `SELECT b.build_id, b.graphs, b.first_seen_at, b.last_current_at, b.withdrawn_at, b.withdrawn_reason,
           w.workers, w.runs_ended, w.runs_failed
         FROM executions.builds b, LATERAL (
           SELECT count(*) FILTER (WHERE x.alive_until > clock_timestamp())::int AS workers,
             coalesce(sum(x.runs_ended), 0)::int AS runs_ended, coalesce(sum(x.runs_failed), 0)::int AS runs_failed
           FROM executions.workers x WHERE x.build_id = b.build_id) AS w
         ORDER BY b.first_seen_at DESC, b.build_id LIMIT $1`,
};
const NOTE_CURRENT: TenantCall = {
  name: 'note_current_build',
  text: `UPDATE executions.builds SET last_current_at = now()
         WHERE build_id = $1 AND (last_current_at IS NULL OR last_current_at < now() - interval '30 seconds')`,
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

const loads = z.object({ version: z.string(), migrations: z.array(z.object({ from: z.string(), to: z.string() })) });

const row = z.object({
  build_id: z.string(),
  graphs: z.record(z.string(), loads.nullable()),
  first_seen_at: timestamp,
  last_current_at: timestamp.nullable(),
  withdrawn_at: timestamp.nullable(),
  withdrawn_reason: z.string().nullable(),
  workers: z.number().int(),
  runs_ended: z.number().int(),
  runs_failed: z.number().int(),
});

/** A build of the workers. */
export interface BuildRow {
  readonly buildId: string;
  /** Its graphs by id, with the states that each can load; null for one that loads any. */
  readonly graphs: Readonly<Record<string, GraphLoads | null>>;
  readonly firstSeenAt: Date;
  /** When it was last seen to take new runs; null for one that never did. */
  readonly lastCurrentAt: Date | null;
  /** Why no run is given to it any more; null for a build that nobody took back. */
  readonly withdrawn: string | null;
  /** Worker processes of it that are alive. */
  readonly workers: number;
  /** Runs whose end its workers of the last day wrote. */
  readonly runsEnded: number;
  /** Those of them that ended with an error. */
  readonly runsFailed: number;
}

/** What became of the runs that a worker ended. */
export interface RunCounts {
  readonly ended: number;
  readonly failed: number;
}

/** Builds and the workers that run them, by the database's clock. They belong to no tenant. */
export class BuildsRepository {
  constructor(private readonly db: Database) {}

  /** The worker counts as alive for `leaseMs` from now. */
  async renewWorker(workerId: string, buildId: string, leaseMs: number, { ended, failed }: RunCounts): Promise<void> {
    await this.db.callSystem(RENEW, [workerId, buildId, leaseMs, ended, failed]);
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
      graphs: build.graphs,
      firstSeenAt: build.first_seen_at,
      lastCurrentAt: build.last_current_at,
      withdrawn: build.withdrawn_at === null ? null : (build.withdrawn_reason ?? ''),
      workers: build.workers,
      runsEnded: build.runs_ended,
      runsFailed: build.runs_failed,
    }));
  }

  /** The build takes new runs now. Written every 30 s at most, however often it is told. */
  async noteCurrent(buildId: string): Promise<void> {
    await this.db.callSystem(NOTE_CURRENT, [buildId]);
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
