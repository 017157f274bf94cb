import { z } from 'zod';
import type { Database } from './database';
import { toJsonb } from './jsonb';
import { page } from './page';
import { type SubGraphRow, subGraphRow, timestamp } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/** What the journal tells of sub-graphs that were executed from a checkpoint of the thread. */
export interface ToldStatesQuery {
  readonly threadId: string;
  /** A checkpoint of the thread from which the task is executed that the outermost sub-graph is. */
  readonly checkpointId: string;
  readonly taskId: string;
  /** Each the way to one sub-graph, from the outermost: `['research:<task id>']`. */
  readonly namespaces: readonly (readonly string[])[];
  /** One state of each, of those of which the newest supersteps tell. */
  readonly newestOnly?: boolean;
  /** Only states before this step of the sub-graph. */
  readonly beforeStep?: number | undefined;
  /** Only this step. */
  readonly step?: number | undefined;
  /** Contained in the metadata (jsonb @>). */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** 1..1000, 10 by default; with `newestOnly` as many as there are namespaces. */
  readonly limit?: number | undefined;
}

/** A state of a sub-graph. */
export interface ToldState {
  readonly namespace: readonly string[];
  readonly state: SubGraphRow;
}

/** A task that asks is executed by one run after the other; of more only the newest are read. */
const MOST_RUNS = 50;

/** Supersteps that are read for the newest states, newest first: each carries whole states. Those before tell of sub-graphs that are still for long. */
const MOST_SUPERSTEPS = 500;

/**
 * What the runs told of the sub-graphs while the task was executed, the newest first: between the checkpoints before and behind those that have the task
 * (steering puts another one in front, within the superstep). A run that goes on tells the step again on which it stands, one that begins anew (time travel) all
 * of them: of steps that come again the newest telling counts, and what an execution before had come to beyond is gone.
 */
const TOLD = `
  WITH root AS (SELECT created_at, position FROM executions.checkpoints WHERE thread_id = $1 AND checkpoint_id = $2),
  span AS (
    SELECT least(root.created_at, coalesce(before.created_at, '-infinity')) AS since, coalesce(behind.created_at, 'infinity') AS until FROM root
    LEFT JOIN LATERAL (
      SELECT c.created_at FROM executions.checkpoints c WHERE c.thread_id = $1 AND c.position < root.position AND NOT c.tasks @> $9::jsonb
      ORDER BY c.position DESC LIMIT 1
    ) AS before ON true
    LEFT JOIN LATERAL (
      SELECT c.created_at FROM executions.checkpoints c WHERE c.thread_id = $1 AND c.position > root.position AND NOT c.tasks @> $9::jsonb
      ORDER BY c.position LIMIT 1
    ) AS behind ON true
  ),
  supersteps AS (
    SELECT r.position, e.seq, e.time, e.data
    FROM span
    CROSS JOIN LATERAL (
      SELECT x.run_id, x.position FROM executions.runs x
      WHERE x.thread_id = $1 AND x.created_at <= span.until AND (x.ended_at IS NULL OR x.ended_at >= span.since)
      ORDER BY x.position DESC LIMIT ${MOST_RUNS}
    ) AS r
    CROSS JOIN LATERAL (
      SELECT x.seq, x.time, x.data FROM executions.run_events x
      WHERE x.run_id = r.run_id AND x.type = 'run.step-completed.v1' AND x.time BETWEEN span.since AND span.until
      ORDER BY x.seq DESC LIMIT $10
    ) AS e
    ORDER BY r.position DESC, e.seq DESC LIMIT $10
  ),
  told AS (
    SELECT e.position, e.seq, f.place, e.time AS told_at, f.frame -> 'ns' AS namespace, f.frame -> 'data' -> 'checkpoint' AS state
    FROM supersteps e
    CROSS JOIN LATERAL jsonb_array_elements(e.data -> 'frames') WITH ORDINALITY AS f (frame, place)
    WHERE f.frame ->> 'mode' = 'checkpoints' AND f.frame -> 'ns' IN (SELECT jsonb_array_elements($3::jsonb)) AND f.frame -> 'data' ? 'checkpoint'
  ),
  steps AS (
    SELECT told.*, step, min(step) OVER (
      PARTITION BY namespace ORDER BY position DESC, seq DESC, place DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newer
    FROM told, LATERAL (SELECT (state -> 'metadata' ->> 'step')::int AS step) AS s
  )
  SELECT namespace, state, told_at FROM steps
  WHERE (newer IS NULL OR (step < newer AND NOT $4)) AND ($5::int IS NULL OR step < $5) AND ($6::int IS NULL OR step = $6)
    AND ($7::jsonb IS NULL OR state -> 'metadata' @> $7)
  ORDER BY namespace, step DESC LIMIT $8`;

const toldRow = z
  .object({ namespace: z.array(z.string()), state: subGraphRow, told_at: timestamp })
  .transform(({ namespace, state, told_at: createdAt }): ToldState => ({ namespace, state: { ...state, createdAt } }));

/** States of sub-graphs, which have no rows of their own: the run journal has them, as long as it is kept. */
export class SubGraphStatesRepository {
  /** @param mostSupersteps of the journal that are read where only the newest states are wanted */
  constructor(
    private readonly db: Database,
    private readonly mostSupersteps = MOST_SUPERSTEPS,
  ) {}

  /** By namespace, newest first. */
  async told(scope: TenantScope, query: ToldStatesQuery): Promise<ToldState[]> {
    const { threadId, checkpointId, taskId, namespaces, newestOnly = false, beforeStep, step, metadata } = query;
    if (namespaces.length === 0) return [];
    const { limit } = newestOnly ? { limit: namespaces.length } : page(query);
    const contained = metadata === undefined ? null : toJsonb(metadata);
    // Without a bound where somebody pages: what is told before must be found.
    const supersteps = newestOnly ? this.mostSupersteps : null;
    const [names, task] = [toJsonb(namespaces), toJsonb([{ id: taskId }])];
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(TOLD, [threadId, checkpointId, names, newestOnly, beforeStep ?? null, step ?? null, contained, limit, task, supersteps]),
    );
    return z.array(toldRow).parse(rows);
  }
}
