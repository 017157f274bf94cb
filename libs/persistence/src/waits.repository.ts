import { HoldfastError } from '@holdfast/contracts/errors';
import { EVENT_KEPT_SECONDS, type WaitAnswer } from '@holdfast/contracts/waits';
import { z } from 'zod';
import { createRunParams, createRunRow, toCreateRunResult } from './create-run.mapping';
import type { Database, Sql, TenantCall } from './database';
import { HOLDS_THREAD } from './holds-thread';
import { toJsonb } from './jsonb';
import { Conditions, page } from './page';
import { resumeRun } from './resume-run';
import { runRow } from './rows.schema';
import type { TenantScope } from './tenant-scope';
import { postedEventRow, waitRow, type WaitRow } from './waits.rows';
import type { DueWait, EventDraft, PostResult, WaitQuery, WakeResult } from './waits.types';

const CLAIM_DUE: TenantCall = { name: 'claim_due_waits', text: `SELECT * FROM executions.claim_due_waits($1, make_interval(secs => $2))` };
const DELETE_EXPIRED: TenantCall = { name: 'delete_expired_events', text: `SELECT executions.delete_expired_events($1) AS count` };

const WAKE_REST: TenantCall = { name: 'wake_rest', text: 'SELECT executions.wake_rest($1, make_interval(secs => $2)) AS found' };

/** Waits that an event wakes in one transaction, and in how many the one who posts it does so; {@link WaitsRepository.wakeRest} does the rest. */
const WAKE = { batch: 500, batches: 20 } as const;

const fullRow = z.object({ full_ms: z.number().nullable() });
const foundRow = z.object({ found: z.boolean() });
const dueRow = z.object({ tenant_id: z.string(), thread_id: z.string() });
const countRow = z.object({ count: z.number().int() });
const postRow = z.object({ result: z.object({ kind: z.enum(['posted', 'known', 'mismatch']), event: postedEventRow }) });

/** Nodes that wait for time or for an event, and the events. */
export class WaitsRepository {
  constructor(private readonly db: Database) {}

  /** Newest first. */
  async list(scope: TenantScope, query: WaitQuery): Promise<WaitRow[]> {
    const { limit } = page(query);
    const { where, params } = new Conditions()
      .add('status = ?', query.status)
      .add('thread_id = ?', query.threadId)
      .add('event_type = ?', query.eventType)
      .add('wait_id < ?', query.after);
    const rows = await this.db.withTenant(scope, (tx) => tx.query(`SELECT * FROM executions.waits ${where} ORDER BY wait_id DESC LIMIT ${limit}`, params));
    return z.array(waitRow).parse(rows);
  }

  /** Milliseconds until an event of the tenant is forgotten, when it has `most` of them and this one is not among them; null while there is room. */
  async fullFor(scope: TenantScope, { eventId, most }: { eventId: string; most: number }): Promise<number | null> {
    const [row] = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT CASE WHEN (SELECT count(*) FROM executions.posted_events) >= $2
           AND NOT EXISTS (SELECT FROM executions.posted_events e WHERE e.event_id = $1)
         THEN (SELECT greatest(0, extract(epoch FROM min(e.expires_at) - clock_timestamp()) * 1000)::float8 FROM executions.posted_events e) END AS full_ms`,
        [eventId, most],
      ),
    );
    return fullRow.parse(row).full_ms;
  }

  /**
   * Keeps an event and makes the waits due that it ends, in batches; {@link claimDue} gives them out. A known id changes nothing.
   * An answer with `waking` says that there are more.
   */
  async post(scope: TenantScope, { eventId, requestHash, postedBy, ...event }: EventDraft): Promise<PostResult> {
    const draft = { ...event, id: eventId, hash: requestHash, posted_by: postedBy, kept_seconds: EVENT_KEPT_SECONDS };
    const rows = await this.db.withTenant(scope, (tx) => tx.query('SELECT executions.post_event($1, $2) AS result', [scope.tenantId, toJsonb(draft)]));
    const result = postRow.parse(rows[0]).result;
    if (result.kind !== 'posted' || !result.event.waking) return result;
    for (let batch = 1; batch < WAKE.batches; batch += 1) {
      const params = [scope.tenantId, eventId, WAKE.batch];
      const [row] = await this.db.withTenant(scope, (tx) => tx.query('SELECT executions.wake_waits($1, $2, $3) AS found', params));
      if (!foundRow.parse(row).found) break;
    }
    const [kept] = await this.db.withTenant(scope, (tx) => tx.query('SELECT * FROM executions.posted_events WHERE event_id = $1', [eventId]));
    return { kind: result.kind, event: postedEventRow.parse(kept) };
  }

  /** Goes on with a batch of one event, of any tenant, that was posted so long ago and has not woken all of its waits. False when there is none. */
  async wakeRest({ afterMs }: { afterMs: number }): Promise<boolean> {
    return foundRow.parse((await this.db.callSystem(WAKE_REST, [WAKE.batch, afterMs / 1_000]))[0]).found;
  }

  /** Threads of all tenants with a wait whose end has come, each once; a claimed wait is not given out again for `leaseMs`. */
  async claimDue(query: { limit: number; leaseMs: number }): Promise<{ claimed: number; due: DueWait[] }> {
    const rows = z.array(dueRow).parse(await this.db.callSystem(CLAIM_DUE, [query.limit, query.leaseMs / 1_000]));
    const threads = new Map(rows.map((row) => [`${row.tenant_id} ${row.thread_id}`, { tenantId: row.tenant_id, threadId: row.thread_id }]));
    return { claimed: rows.length, due: [...threads.values()] };
  }

  /** Ends all waits of a thread that are due, and makes the one run that goes on with their ends, in one transaction under the thread's lock. */
  async wake(scope: TenantScope, { threadId, resumeRunId }: { threadId: string; resumeRunId: string }): Promise<WakeResult> {
    return this.db.withTenant(scope, async (tx): Promise<WakeResult> => {
      await tx.query('SELECT FROM executions.threads WHERE thread_id = $1 FOR NO KEY UPDATE', [threadId]);
      const active = await tx.query(`SELECT FROM executions.runs r WHERE r.thread_id = $1 AND ${HOLDS_THREAD} LIMIT 1`, [threadId]);
      if (active.length > 0) return { kind: 'busy' };
      const due = await lockDue(tx, threadId);
      const [newest] = due;
      if (newest === undefined) return { kind: 'none' };
      const asking = (await tx.query('SELECT * FROM executions.runs WHERE run_id = $1', [newest.run_id]))[0];
      if (asking === undefined) {
        // The wait of a copy whose source is gone. A run without input asks again.
        await tx.query(`SELECT executions.supersede_waits(tenant_id, thread_id, '{}', 'the run that asked is gone') FROM executions.threads WHERE thread_id = $1`, [
          threadId,
        ]);
        return { kind: 'orphaned' };
      }
      const answers = due.map((wait) => ({ wait, answer: answerOf(wait) }));
      for (const { wait, answer } of answers) await end(tx, wait, answer.outcome, resumeRunId);
      const input = resumeRun(runRow.parse(asking), {
        runId: resumeRunId,
        threadId,
        answers: Object.fromEntries(answers.map(({ wait, answer }) => [wait.interrupt_id, answer])),
        metadata: { wait_id: newest.wait_id },
        deleteThread: due.some((wait) => wait.delete_thread),
      });
      // In the trace of the run that waited.
      const params = createRunParams({ ...scope, traceparent: newest.traceparent ?? undefined }, { ...input, wakes: true });
      const made = await tx.query('SELECT executions.create_run($1, $2, $3, $4, $5) AS result', [scope.tenantId, ...params]);
      const result = toCreateRunResult(createRunRow.parse(made[0]).result);
      // Nothing can stand in its way: the thread is locked and idle, the id is new.
      if (result.kind !== 'created') throw new HoldfastError('INTERNAL', `the run that ends a wait was refused: ${result.reason}`);
      return { kind: 'woken', run: result.run, notice: result.notice, outcomes: answers.map(({ answer }) => answer.outcome) };
    });
  }

  /** Deletes events of all tenants that nobody can wait for any more, at most `limit`. Gives how many. */
  async deleteExpired(limit: number): Promise<number> {
    return countRow.parse((await this.db.callSystem(DELETE_EXPIRED, [limit]))[0]).count;
  }
}

/** The due waits of a thread, newest first. */
async function lockDue(tx: Sql, threadId: string): Promise<WaitRow[]> {
  const rows = await tx.query(
    `SELECT * FROM executions.waits WHERE thread_id = $1 AND status = 'pending' AND wake_at <= clock_timestamp() ORDER BY wait_id DESC FOR NO KEY UPDATE`,
    [threadId],
  );
  return z.array(waitRow).parse(rows);
}

async function end(tx: Sql, { wait_id: waitId }: WaitRow, outcome: string, resumeRunId: string): Promise<void> {
  await tx.query(
    `UPDATE executions.waits SET status = 'over', outcome = $2, resume_run_id = $3, leased_until = NULL, ended_at = clock_timestamp() WHERE wait_id = $1`,
    [waitId, outcome, resumeRunId],
  );
}

function answerOf({ wait_id, event, event_type }: WaitRow): WaitAnswer {
  if (event !== null) return { wait_id, outcome: 'event', event };
  return { wait_id, outcome: event_type === null ? 'elapsed' : 'timeout' };
}
