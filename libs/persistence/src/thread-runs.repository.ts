import { z } from 'zod';
import type { Database } from './database';
import { runRow, type RunRow } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/** Place of a run among those of its thread, in the order in which they begin; kept when the run is deleted. */
export interface RunPlace {
  /** Text of a timestamptz: a Date would lose its microseconds. */
  readonly dueAt: string;
  readonly position: string;
}

/** A run with its place. */
export interface PlacedRun {
  readonly run: RunRow;
  readonly place: RunPlace;
}

const placeRow = z.object({ due_at: z.string(), position: z.string() }).transform(({ due_at: dueAt, position }): RunPlace => ({ dueAt, position }));
const nextRow = z.object({ run: runRow.nullable(), due_at: z.string().nullable(), position: z.string().nullable() });

/** The runs of a thread in the order in which they begin: by the time from which they are due (MAINTENANCE: as executions.begin_run has it). */
export class ThreadRunsRepository {
  constructor(private readonly db: Database) {}

  /** Null when the thread has no such run. */
  async placeOf(scope: TenantScope, query: { threadId: string; runId: string }): Promise<RunPlace | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT deliver_at::text AS due_at, position::text AS position FROM executions.runs WHERE thread_id = $1 AND run_id = $2`, [
        query.threadId,
        query.runId,
      ]),
    );
    return placeRow.optional().parse(rows[0]) ?? null;
  }

  /** The last run before all that have not ended; null when none has ended before them. */
  async lastEnded(scope: TenantScope, threadId: string): Promise<RunPlace | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT r.deliver_at::text AS due_at, r.position::text AS position FROM executions.runs r
         WHERE r.thread_id = $1 AND r.status NOT IN ('pending', 'running') AND NOT EXISTS (
           SELECT FROM executions.runs o
           WHERE o.thread_id = r.thread_id AND o.status IN ('pending', 'running') AND (o.deliver_at, o.position) < (r.deliver_at, r.position))
         ORDER BY r.deliver_at DESC, r.position DESC LIMIT 1`,
        [threadId],
      ),
    );
    return placeRow.optional().parse(rows[0]) ?? null;
  }

  /**
   * The first run that is due behind a place, or of all.
   * @returns null while there is none; `thread-gone` when the thread is not there
   */
  async next(scope: TenantScope, query: { threadId: string; after: RunPlace | null }): Promise<PlacedRun | null | 'thread-gone'> {
    const { threadId, after } = query;
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT to_jsonb(n) AS run, n.deliver_at::text AS due_at, n.position::text AS position FROM executions.threads t
         LEFT JOIN LATERAL (
           SELECT * FROM executions.runs r
           WHERE r.tenant_id = t.tenant_id AND r.thread_id = t.thread_id AND (r.status <> 'pending' OR r.deliver_at <= now())
             AND ($2::timestamptz IS NULL OR (r.deliver_at, r.position) > ($2::timestamptz, $3::bigint))
           ORDER BY r.deliver_at, r.position LIMIT 1) AS n ON true
         WHERE t.thread_id = $1`,
        [threadId, after?.dueAt ?? null, after?.position ?? null],
      ),
    );
    const found = nextRow.optional().parse(rows[0]);
    if (found === undefined) return 'thread-gone';
    const { run, due_at: dueAt, position } = found;
    return run === null || dueAt === null || position === null ? null : { run, place: { dueAt, position } };
  }
}
