import type { JournalRow } from '@holdfast/contracts/events';
import { HoldfastError } from '@holdfast/contracts/errors';
import { RUN_STATUSES, type RunStatus } from '@holdfast/contracts/runs';
import { z } from 'zod';
import type { Database, TenantCall } from './database';
import { toAfterReply, toBeginRunReply, beginRunRow } from './begin-run.mapping';
import { draftOf, endOf, terminalEvent } from './commit.mapping';
import { firstStepOf, remainderOf, type StoredEvent } from './commit-repeat';
import type { BeginRunReply, BeginRunRequest, BeginRunResult, CommitResult, EditResult, ProgressBatch, ThreadEdit } from './journal.types';
import { toJsonb } from './jsonb';
import { readEventsRow, toJournalRow } from './journal-row.mapping';
import { RepeatedWork } from './repeated-work';
import type { TenantScope } from './tenant-scope';

/** A page of a run's journal. */
export interface JournalPage {
  /** Rows after the asked seq, in order, at most as many as asked. */
  readonly events: readonly JournalRow[];
  /** The newest seq of the run, which may be beyond this page. */
  readonly lastSeq: number;
  /** Status of the run as of the same snapshot; for a run deleted since, what its last row says. */
  readonly status: RunStatus;
}

const TENANT = `set_config('app.tenant_id', $1, true)`;
const BEGIN_RUN: TenantCall = { name: 'begin_run', text: `SELECT * FROM executions.begin_run(${TENANT}, $2, $3, $4, $5, $6, $7, $8)` };
const COMMIT_PROGRESS: TenantCall = {
  name: 'commit_progress',
  text: `SELECT * FROM executions.commit_progress(executions.with_blobs(${TENANT}, $14), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
};
const COMMIT_EDIT: TenantCall = { name: 'commit_edit', text: `SELECT * FROM executions.commit_edit(${TENANT}, $2, $3, $4, $5, $6, $7)` };
const READ_EVENTS: TenantCall = { name: 'read_events', text: `SELECT * FROM executions.read_events(${TENANT}, $2, $3, $4)` };

const commitRow = z.object({
  kind: z.enum(['committed', 'duplicate', 'fenced', 'terminal', 'unknown']),
  seq: z.number().int().nullable(),
  run_status: z.enum(RUN_STATUSES).nullable(),
});
const editRow = z.object({ kind: z.enum(['committed', 'thread-busy', 'thread-not-found']), checkpoint_id: z.string() });
const lastSeqRow = z.object({ last_seq: z.number().int() });
const storedRow = z.object({ type: z.string(), data: z.unknown() });
const checkpointIdRow = z.object({ checkpoint_id: z.string() });
const savedRow = z.object({ saved: z.string(), checkpoint_id: z.string(), step: z.number().int() });

const reasonOf = z.object({ reason: z.string() });

/** The latest of each kind, newest first. */
const STANDING = `
  SELECT type, data FROM (
    SELECT DISTINCT ON (type) type, data, seq FROM executions.run_events
    WHERE run_id = $1 AND type IN ('run.paused.v1', 'run.resumed.v1', 'run.compensation-started.v1') ORDER BY type, seq DESC
  ) AS latest ORDER BY seq DESC`;

/** More than one workflow task can bring about: only what a lost one did can come again. */
const LATEST_EVENTS = 400;
/**
 * Frames may be equal and yet not the same, so that each is compared with those of its own superstep only, and of the one before, whose event
 * they may have joined.
 */
const STORED = `
  SELECT type, CASE WHEN commit >= $3 OR (type = 'run.step-completed.v1' AND (data ->> 'step')::int >= $4 - 1) THEN data ELSE data - 'frames' END AS data
  FROM executions.run_events WHERE run_id = $1 AND seq > $2 ORDER BY seq`;

/** Each try is lost to a commit of another worker in between. */
const MAX_REMAINDER_TRIES = 5;

/** Writes and reads what runs do. Each method is one transaction in one round trip (loadThread: three; a repeated commit: one more transaction to look and one to add). */
export class RunJournal {
  readonly #repeated = new RepeatedWork();

  constructor(private readonly db: Database) {}

  /** Marks the run as running and tells how to go on, or which runs come before it. Idempotent by workflow run id; another workflow run takes the run over. */
  async beginRun(scope: TenantScope, request: BeginRunRequest): Promise<BeginRunResult> {
    const { threadId, runId, workflowId, workflowRunId, buildId } = request;
    const traceparent = request.traceparent ?? scope.traceparent ?? null;
    const rows = await this.db.callTenant(scope, BEGIN_RUN, [threadId, runId, workflowId, workflowRunId, buildId, traceparent, request.inTurn ?? false]);
    const { reply, saved } = beginRunRow.parse(rows[0]);
    if (reply.kind === 'after') return { reply: toAfterReply(reply), notice: null };
    if (reply.kind === 'skip') return { reply, notice: null };
    const go = toBeginRunReply(reply, saved);
    // What the execution before has told of the superstep under way comes again.
    if (go.lastCommit > 0) this.#repeated.note(scope, runId, workflowRunId);
    return {
      reply: go.lastCommit > 0 ? { ...go, ...(await this.#standingOf(scope, runId)) } : go,
      notice: reply.written ? { runId, seq: reply.seq, status: 'running' } : null,
    };
  }

  /** A run that is taken over says itself whether it stands still, or takes back what it did; no other one can. */
  async #standingOf(scope: TenantScope, runId: string): Promise<Pick<Extract<BeginRunReply, { kind: 'go' }>, 'paused' | 'compensation'>> {
    const rows = await this.db.withTenant(scope, (tx) => tx.query(STANDING, [runId]));
    const facts = z.array(storedRow).parse(rows);
    const compensating = facts.find(({ type }) => type === 'run.compensation-started.v1');
    return {
      ...(facts[0]?.type === 'run.paused.v1' ? { paused: true } : {}),
      ...(compensating === undefined ? {} : { compensation: { ...reasonOf.parse(compensating.data), begun: true } }),
    };
  }

  /**
   * Appends to the journal with gapless seq, stores the checkpoints, and on `end` finishes the run and updates its thread. A commit number
   * that was seen before adds what is not there yet, see {@link remainderOf}; so do those that follow it here, until the superstep under way has ended.
   * @throws HoldfastError INTERNAL when one of the `lists` is not stored
   */
  async commitProgress(scope: TenantScope, batch: ProgressBatch): Promise<CommitResult> {
    const { end } = batch;
    const rest = this.#repeated.has(scope, ...executionOf(batch)) ? await this.#commitRemainder(scope, batch) : null;
    const result = rest ?? (await this.#commit(scope, batch, null));
    if (end !== undefined) this.#repeated.forget(scope, ...executionOf(batch));
    if (rest !== null || result.kind !== 'duplicate') return result;
    if (end === undefined) this.#repeated.note(scope, ...executionOf(batch));
    return (await this.#commitRemainder(scope, batch)) ?? result;
  }

  /** Null when the run is over, or another execution's. */
  async #commitRemainder(scope: TenantScope, batch: ProgressBatch): Promise<CommitResult | null> {
    const duplicate: CommitResult = { kind: 'duplicate', notice: null };
    for (let tries = 0; tries < MAX_REMAINDER_TRIES; tries += 1) {
      const stored = await this.#storedSince(scope, batch);
      if (stored === null) return null;
      const events = remainderOf(batch.events, stored.events);
      // The last one may have been joined by pending writes since.
      const checkpoints = batch.checkpoints.filter(
        ({ checkpointId }, i) => !stored.checkpoints.has(checkpointId) || (batch.end !== undefined && i === batch.checkpoints.length - 1),
      );
      if (events.length === 0 && checkpoints.length === 0 && batch.end === undefined) return duplicate;
      const result = await this.#commit(scope, { ...batch, events, checkpoints }, stored.lastSeq);
      // Otherwise the execution that was given up is not dead yet and wrote in between.
      if (result.kind === 'duplicate') continue;
      // The superstep that was under way has ended here: what follows is new.
      if (checkpoints.length > 0) this.#repeated.forget(scope, ...executionOf(batch));
      return result;
    }
    throw new HoldfastError('DEPENDENCY_UNAVAILABLE', `Two workers write run ${batch.runId} at once.`);
  }

  /** What is stored of a commit, those after it and the latest before it; null when the run is over, or another execution's. */
  async #storedSince(
    scope: TenantScope,
    { runId, threadId, workflowRunId, commit, events, checkpoints }: ProgressBatch,
  ): Promise<{ lastSeq: number; events: StoredEvent[]; checkpoints: Set<string> } | null> {
    return this.db.withTenant(scope, async (tx) => {
      const [run] = await tx.query(
        `SELECT last_seq FROM executions.runs WHERE run_id = $1 AND status = 'running' AND ($2::text IS NULL OR workflow_run_id = $2)`,
        [runId, workflowRunId ?? null],
      );
      if (run === undefined) return null;
      const { last_seq: lastSeq } = lastSeqRow.parse(run);
      const rows = await tx.query(STORED, [runId, lastSeq - LATEST_EVENTS, commit, firstStepOf(events)]);
      const ids = checkpoints.map(({ checkpointId }) => checkpointId);
      const known = await tx.query('SELECT checkpoint_id FROM executions.checkpoints WHERE thread_id = $1 AND checkpoint_id = ANY($2)', [threadId, ids]);
      return {
        lastSeq,
        events: z.array(storedRow).parse(rows),
        checkpoints: new Set(z.array(checkpointIdRow).parse(known).map((row) => row.checkpoint_id)),
      };
    });
  }

  async #commit(scope: TenantScope, batch: ProgressBatch, seen: number | null): Promise<CommitResult> {
    const { threadId, runId, commit, checkpoints, end } = batch;
    const events = end === undefined ? batch.events : [...batch.events, terminalEvent(end)];
    const newest = checkpoints.at(-1);
    const earlier = checkpoints.slice(0, -1).map((c) => ({ ...draftOf(c), values: c.values, saved: c.saved }));
    const rows = await this.db.callTenant(scope, COMMIT_PROGRESS, [
      threadId,
      runId,
      commit,
      batch.workflowRunId ?? null,
      batch.traceparent ?? scope.traceparent ?? null,
      toJsonb(events),
      newest ? toJsonb(draftOf(newest)) : null,
      newest ? toJsonb(newest.values) : null,
      newest?.saved ?? null,
      earlier.length > 0 ? toJsonb(earlier) : null,
      end ? toJsonb(endOf(end, newest?.tasks)) : null,
      seen,
      batch.lists === undefined ? null : [...new Set(batch.lists)],
    ]);
    const row = commitRow.parse(rows[0]);
    const notice =
      row.kind === 'committed' && row.seq !== null && row.run_status !== null ? { runId, seq: row.seq, status: row.run_status } : null;
    return { kind: row.kind, notice };
  }

  /** The saver's dump of a thread's newest or a given checkpoint; null when there is none. */
  async loadThread(
    scope: TenantScope,
    query: { threadId: string; checkpointId?: string | undefined },
  ): Promise<{ saved: string; checkpointId: string; step: number } | null> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(
        `SELECT saved, checkpoint_id, step FROM executions.checkpoints
         WHERE thread_id = $1 AND ($2::text IS NULL OR checkpoint_id = $2) ORDER BY position DESC LIMIT 1`,
        [query.threadId, query.checkpointId ?? null],
      ),
    );
    const row = savedRow.optional().parse(rows[0]);
    return row === undefined ? null : { saved: row.saved, checkpointId: row.checkpoint_id, step: row.step };
  }

  /** Stores a state edited by a person; refused while a run is running. */
  async commitEdit(scope: TenantScope, edit: ThreadEdit): Promise<EditResult> {
    const { checkpoint, threadId, interrupts } = edit;
    const rows = await this.db.callTenant(scope, COMMIT_EDIT, [
      threadId,
      toJsonb(draftOf(checkpoint)),
      toJsonb(checkpoint.values),
      checkpoint.saved,
      interrupts === undefined ? null : toJsonb(interrupts),
      edit.commandId ?? null,
    ]);
    const { kind, checkpoint_id: checkpointId } = editRow.parse(rows[0]);
    return kind === 'committed' ? { kind, checkpointId } : { kind: 'refused', reason: kind };
  }

  /** Rows after `afterSeq` (0 = all), at most `limit` (default 1000); null when the tenant has no such run. */
  async readEvents(scope: TenantScope, query: { runId: string; afterSeq: number; limit?: number }): Promise<JournalPage | null> {
    const params = [query.runId, query.afterSeq, query.limit ?? 1_000];
    const rows = z.array(readEventsRow).parse(await this.db.callTenant(scope, READ_EVENTS, params));
    const first = rows[0];
    if (first === undefined) return null;
    return {
      events: rows.flatMap((row) => (row.event === null ? [] : [toJournalRow(scope.tenantId, query.runId, row.event)])),
      lastSeq: first.last_seq,
      status: first.run_status,
    };
  }
}

/** Who writes: a workflow that has lost the run must not take the place of the one that has it. */
function executionOf({ runId, workflowRunId }: ProgressBatch): readonly string[] {
  return [runId, workflowRunId ?? ''];
}
