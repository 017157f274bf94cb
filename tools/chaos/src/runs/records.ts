import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { z } from 'zod';

const runRow = z.object({ run_id: z.string(), thread_id: z.string(), status: z.string(), error: z.unknown() });
/** A run as its row shows it. */
export type RunRecord = z.infer<typeof runRow>;

const stepRow = z.object({ run_id: z.string(), seq: z.int(), type: z.string(), time: z.date(), published: z.boolean(), call_id: z.string().nullable() });
/** A row of the journal, without what it tells. */
export type JournalRecord = z.infer<typeof stepRow>;

const ENDS = /^run\.(completed|failed|cancelled|interrupted|timed-out)\./;

/** Whether a row tells how its run ended. */
export function isEnd({ type }: JournalRecord): boolean {
  return ENDS.test(type);
}

const toolRow = z.object({ run_id: z.string(), effect: z.string(), status: z.string(), arguments_sha256: z.string(), fence: z.int(), lost_claims: z.int() });
/** A row of the ledger of tool calls. */
export type ToolRecord = z.infer<typeof toolRow>;

const modelRow = z.object({ thread_id: z.string(), calls: z.int(), attempts: z.int() });
/** The model calls of a thread by the ledger: how many, and how often each was claimed. */
export type ModelRecord = z.infer<typeof modelRow>;

const waitRow = z.object({
  thread_id: z.string(), run_id: z.string(), kind: z.enum(['wait', 'approval']), status: z.string(), outcome: z.string().nullable(),
  resume_run_id: z.string().nullable(), wake_at: z.date().nullable(), ended_at: z.date().nullable(),
});
/** What a run stopped for: a time, an event, or an approval. */
export type WaitRecord = z.infer<typeof waitRow>;

const momentRow = z.object({ cron_id: z.string(), scheduled_at: z.date(), outcome: z.string().nullable(), run_id: z.string().nullable() });
/** A moment of a cron. */
export type MomentRecord = z.infer<typeof momentRow>;

const threadRunRow = runRow.extend({ cron_id: z.string().nullable(), cron_moment: z.coerce.date().nullable(), created_at: z.date() });
/** A run, with the moment of the cron that made it. */
export type ThreadRunRecord = z.infer<typeof threadRunRow>;

/** How long a look may take while PostgreSQL is being killed, milliseconds. */
const PATIENCE_MS = 60_000;

/** What the database holds of a tenant; each look is repeated while PostgreSQL is away. */
export class Records {
  constructor(
    private readonly databaseUrl: string,
    private readonly tenantId: string,
  ) {}

  /** The runs of these ids. */
  runs(runIds: readonly string[]): Promise<RunRecord[]> {
    return this.look(runRow, `SELECT run_id, thread_id, status, error FROM executions.runs WHERE tenant_id = $1 AND run_id = ANY($2::uuid[])`, [runIds]);
  }

  /** How many runs of the tenant are in each status. */
  async statuses(): Promise<Record<string, number>> {
    const rows = await this.look(z.object({ status: z.string(), n: z.int() }), `SELECT status, count(*)::int AS n FROM executions.runs WHERE tenant_id = $1 GROUP BY 1`, []);
    return Object.fromEntries(rows.map(({ status, n }) => [status, n]));
  }

  /** The journal, in order per run. */
  journal(): Promise<JournalRecord[]> {
    return this.look(
      stepRow,
      `SELECT run_id, seq, type, time, published_at IS NOT NULL AS published, data->>'call_id' AS call_id FROM executions.run_events WHERE tenant_id = $1 ORDER BY run_id, seq`,
      [],
    );
  }

  /** The ledger of the tools that count. */
  tools(): Promise<ToolRecord[]> {
    return this.look(toolRow, `SELECT run_id, effect, status, arguments_sha256, fence, lost_claims FROM tools.tool_calls WHERE tenant_id = $1 AND server = 'effects'`, []);
  }

  /** The ledger of model calls, by thread. */
  models(): Promise<ModelRecord[]> {
    return this.look(
      modelRow,
      `SELECT r.thread_id, count(*)::int AS calls, sum(m.fence)::int AS attempts FROM executions.model_calls m
       JOIN executions.runs r ON r.tenant_id = m.tenant_id AND r.run_id = m.run_id WHERE m.tenant_id = $1 GROUP BY 1`,
      [],
    );
  }

  /** Everything that runs stopped for and that is asked of people or of the clock. */
  waits(): Promise<WaitRecord[]> {
    return this.look(
      waitRow,
      `SELECT thread_id, run_id, 'wait' AS kind, status, outcome, resume_run_id, wake_at, ended_at FROM executions.waits WHERE tenant_id = $1
       UNION ALL
       SELECT thread_id, run_id, 'approval', status, outcome, resume_run_id, NULL, decided_at FROM executions.approvals WHERE tenant_id = $1`,
      [],
    );
  }

  /** The runs that went on where these stopped, by the run that stopped. */
  async goneOn(runIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.look(
      z.object({ run_id: z.string(), resume_run_id: z.string() }),
      `SELECT run_id, resume_run_id FROM executions.waits WHERE tenant_id = $1 AND run_id = ANY($2::uuid[]) AND resume_run_id IS NOT NULL
       UNION ALL
       SELECT run_id, resume_run_id FROM executions.approvals WHERE tenant_id = $1 AND run_id = ANY($2::uuid[]) AND resume_run_id IS NOT NULL`,
      [runIds],
    );
    return new Map(rows.map(({ run_id: runId, resume_run_id: next }) => [runId, next]));
  }

  /** The moments of the tenant's crons. */
  moments(): Promise<MomentRecord[]> {
    return this.look(momentRow, `SELECT cron_id, scheduled_at, outcome, run_id FROM executions.cron_firings WHERE tenant_id = $1 ORDER BY 1, 2`, []);
  }

  /** Every run of the tenant. */
  allRuns(): Promise<ThreadRunRecord[]> {
    return this.look(
      threadRunRow,
      `SELECT run_id, thread_id, status, error, metadata->>'cron_id' AS cron_id, metadata->>'cron_moment' AS cron_moment, created_at
       FROM executions.runs WHERE tenant_id = $1 ORDER BY position`,
      [],
    );
  }

  private async look<T>(row: z.ZodType<T>, statement: string, parameters: readonly unknown[]): Promise<T[]> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.once(row, statement, parameters);
      } catch (error) {
        if (error instanceof z.ZodError || performance.now() > giveUpAt) throw error;
        await sleep(500);
      }
    }
  }

  private async once<T>(row: z.ZodType<T>, statement: string, parameters: readonly unknown[]): Promise<T[]> {
    const client = new pg.Client({ connectionString: this.databaseUrl, connectionTimeoutMillis: 5_000, query_timeout: 30_000 });
    // a server that is killed while we are connected ends the look, not the test
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(`SELECT set_config('app.tenant_id', $1, false)`, [this.tenantId]);
      return z.array(row).parse((await client.query(statement, [this.tenantId, ...parameters])).rows);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
