import type { ApprovalAnswer } from '@holdfast/contracts/approvals';
import { HoldfastError } from '@holdfast/contracts/errors';
import { z } from 'zod';
import { approvalEntryRow, approvalRow, type ApprovalEntryRow, type ApprovalRow } from './approvals.rows';
import type { ActResult, ApprovalAct, ApprovalQuery, DueApproval, EntryDraft, HeldApproval, Verdict } from './approvals.types';
import { createRunParams, createRunRow, toCreateRunResult } from './create-run.mapping';
import type { Database, Sql, TenantCall } from './database';
import { decisionRun } from './decision-run';
import { HOLDS_THREAD } from './holds-thread';
import { toJsonb } from './jsonb';
import { Conditions, page } from './page';
import { runRow } from './rows.schema';
import type { TenantScope } from './tenant-scope';

/**
 * Entries that an approval keeps, each kind for itself: what one person says must keep nobody from deciding. `steps`: accepted ones but comments; beyond
 * it edits and delegations are refused. `comments` and `refusals`: of everybody and of each person; beyond it comments are refused, refused ones not kept.
 */
export const APPROVAL_LIMITS = { steps: 1_000, comments: { all: 1_000, own: 100 }, refusals: { all: 1_000, own: 100 } } as const;

const CLAIM_DUE: TenantCall = {
  name: 'claim_due_approvals',
  text: `SELECT * FROM executions.claim_due_approvals($1, make_interval(secs => $2))`,
};
const dueRow = z.object({ tenant_id: z.string(), approval_id: z.string() });
const countRow = z.object({ own: z.boolean(), comments: z.number().int(), refusals: z.number().int() });
const momentRow = z.object({ now: z.date(), busy: z.boolean() });
const STATUS_OF = { approved: 'approved', edited: 'approved', rejected: 'rejected', failed: 'failed' } as const;

/** Questions to people and what they decided. */
export class ApprovalsRepository {
  constructor(private readonly db: Database) {}

  /** Newest first. */
  async list(scope: TenantScope, query: ApprovalQuery): Promise<ApprovalRow[]> {
    const { limit } = page(query);
    const { where, params } = new Conditions()
      .add('status = ?', query.status)
      .add('thread_id = ?', query.threadId)
      .add('run_id = ?', query.runId)
      .add('? = ANY(assignees)', query.assignee)
      .add('approval_id < ?', query.after);
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query(`SELECT * FROM executions.approvals ${where} ORDER BY approval_id DESC LIMIT ${limit}`, params),
    );
    return z.array(approvalRow).parse(rows);
  }

  /** With everything said and done about it, oldest first; null when the tenant has no such approval. */
  async get(scope: TenantScope, approvalId: string): Promise<{ approval: ApprovalRow; entries: ApprovalEntryRow[] } | null> {
    return this.db.withTenant(scope, async (tx) => {
      const [row] = await tx.query('SELECT * FROM executions.approvals WHERE approval_id = $1', [approvalId]);
      if (row === undefined) return null;
      const entries = await tx.query('SELECT * FROM executions.approval_entries WHERE approval_id = $1 ORDER BY entry', [approvalId]);
      return { approval: approvalRow.parse(row), entries: z.array(approvalEntryRow).parse(entries) };
    });
  }

  /** True when the tenant has a key for the principal. */
  async knowsPrincipal(scope: TenantScope, principalId: string): Promise<boolean> {
    const rows = await this.db.withTenant(scope, (tx) =>
      tx.query('SELECT FROM executions.api_keys WHERE principal_id = $1 AND revoked_at IS NULL LIMIT 1', [principalId]),
    );
    return rows.length > 0;
  }

  /** Approvals of all tenants whose deadline or reminder has come; a claimed one is not given out again for `leaseMs`. */
  async claimDue(query: { limit: number; leaseMs: number }): Promise<DueApproval[]> {
    const rows = await this.db.callSystem(CLAIM_DUE, [query.limit, query.leaseMs / 1_000]);
    return z
      .array(dueRow)
      .parse(rows)
      .map((row) => ({ tenantId: row.tenant_id, approvalId: row.approval_id }));
  }

  /**
   * Acts on an approval: under the locks of its thread and its row, one transaction that judges, keeps the entry and, when this decides it,
   * makes the run that goes on with the thread. Of many at the same moment each sees what the one before did.
   */
  async act(scope: TenantScope, act: ApprovalAct): Promise<ActResult> {
    return this.db.withTenant(scope, async (tx) => {
      const approval = await lock(tx, act.approvalId);
      if (approval === null) return { kind: 'not-found' };
      const known = await this.#known(tx, act);
      if (known !== undefined) {
        return known.request_hash === act.idempotency?.requestHash ? { kind: 'repeated', approval } : { kind: 'idempotency-mismatch' };
      }
      const seen = await held(tx, approval, act.principalId);
      const verdict = act.judge(seen);
      if (verdict === undefined) return { kind: 'done', approval, verdict, resumed: null };
      await this.#keep(tx, scope, act, seen, verdict);
      await this.#change(tx, approval, verdict);
      const resumed = verdict.answer === undefined ? null : await this.#resume(tx, scope, act, { ...verdict.answer, approval_id: approval.approval_id });
      return { kind: 'done', approval: await reread(tx, act.approvalId), verdict, resumed };
    });
  }

  async #known(tx: Sql, { approvalId, idempotency }: ApprovalAct): Promise<ApprovalEntryRow | undefined> {
    if (idempotency === undefined) return undefined;
    const rows = await tx.query('SELECT * FROM executions.approval_entries WHERE approval_id = $1 AND principal_id = $2 AND idempotency_key = $3', [
      approvalId,
      idempotency.principalId,
      idempotency.key,
    ]);
    return approvalEntryRow.optional().parse(rows[0]);
  }

  async #keep(tx: Sql, scope: TenantScope, act: ApprovalAct, { kept }: HeldApproval, { entry }: Verdict): Promise<void> {
    if (entry === undefined || (entry.code !== undefined && keepsNoMore(kept, 'refusals'))) return;
    // A refusal is not an answer to keep: the same key may try again.
    const key = entry.code === undefined ? act.idempotency : undefined;
    await tx.query(
      `WITH numbered AS (
         UPDATE executions.approvals SET last_entry = last_entry + 1 WHERE approval_id = $1 RETURNING last_entry
       )
       INSERT INTO executions.approval_entries (tenant_id, approval_id, entry, kind, principal_id, accepted, code, shown_hash, policy_version, args,
         delegate_to, comment, idempotency_key, request_hash, created_at)
       SELECT $2, $1, last_entry, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp() FROM numbered`,
      [act.approvalId, scope.tenantId, ...columnsOf(entry), key?.key ?? null, key?.requestHash ?? null],
    );
  }

  async #change(tx: Sql, { approval_id: id }: ApprovalRow, { change, event }: Verdict): Promise<void> {
    if (change !== undefined) {
      const columns: [string, unknown][] = [
        ['args', change.args === undefined ? undefined : toJsonb(change.args)],
        ['shown_hash', change.shownHash],
        ['assignees', change.assignees],
        ['roles', change.roles],
        ['policy_version', change.policyVersion],
        ['escalated', change.escalated],
        ['deadline_at', change.deadlineAt],
        ['remind_at', change.remindAt],
        ['reminders', change.reminders],
      ];
      const changed = columns.filter(([, value]) => value !== undefined);
      const set = changed.map(([name], i) => `${name} = $${i + 2}`).join(', ');
      // The clock's work on it is done.
      await tx.query(`UPDATE executions.approvals SET leased_until = NULL, ${set} WHERE approval_id = $1`, [id, ...changed.map(([, value]) => value)]);
    }
    if (event !== undefined) await append(tx, id, event.type, event.data);
  }

  async #resume(tx: Sql, scope: TenantScope, act: ApprovalAct, answer: ApprovalAnswer) {
    const rows = await tx.query(
      `UPDATE executions.approvals SET status = $2, outcome = $3, decided_by = $4, decided_at = clock_timestamp(), resume_run_id = $5
       WHERE approval_id = $1 RETURNING *`,
      [act.approvalId, STATUS_OF[answer.decision], answer.by, answer.decided_by, act.resumeRunId],
    );
    const approval = approvalRow.parse(rows[0]);
    const asking = runRow.parse((await tx.query('SELECT * FROM executions.runs WHERE run_id = $1', [approval.run_id]))[0]);
    const params = createRunParams(scope, decisionRun(approval, asking, act.resumeRunId, answer));
    const made = await tx.query('SELECT executions.create_run($1, $2, $3, $4, $5) AS result', [scope.tenantId, ...params]);
    const result = toCreateRunResult(createRunRow.parse(made[0]).result);
    // Nothing can stand in its way: the thread is locked and there, the id is new, the strategy is to queue.
    if (result.kind !== 'created') throw new HoldfastError('INTERNAL', `the run of a decision was refused: ${result.reason}`);
    await append(tx, act.approvalId, 'approval.decided.v1', {
      status: approval.status,
      by: answer.by,
      decided_by: answer.decided_by,
      shown_hash: approval.shown_hash,
      resume_run_id: act.resumeRunId,
    });
    return { run: result.run, notice: result.notice };
  }
}

/** The approval under the locks of its thread and of itself; null when the tenant has none. */
async function lock(tx: Sql, approvalId: string): Promise<ApprovalRow | null> {
  const found = await tx.query('SELECT thread_id FROM executions.approvals WHERE approval_id = $1', [approvalId]);
  const { thread_id: threadId } = z.object({ thread_id: z.string() }).optional().parse(found[0]) ?? {};
  if (threadId === undefined) return null;
  await tx.query('SELECT FROM executions.threads WHERE thread_id = $1 FOR NO KEY UPDATE', [threadId]);
  const rows = await tx.query('SELECT * FROM executions.approvals WHERE approval_id = $1 FOR NO KEY UPDATE', [approvalId]);
  const approval = approvalRow.parse(rows[0]);
  if (approval.status !== 'pending' || (await tx.query('SELECT FROM executions.runs WHERE run_id = $1', [approval.run_id])).length > 0) return approval;
  // A copy whose source is gone: nobody knows any more how to go on. A run without input asks again.
  await tx.query(
    `SELECT executions.supersede_approvals(tenant_id, thread_id, '{}', 'the run that asked is gone') FROM executions.approvals WHERE approval_id = $1`,
    [approvalId],
  );
  return reread(tx, approvalId);
}

async function reread(tx: Sql, approvalId: string): Promise<ApprovalRow> {
  return approvalRow.parse((await tx.query('SELECT * FROM executions.approvals WHERE approval_id = $1', [approvalId]))[0]);
}

/** Whether nothing more of the kind is kept of the one who acts. */
export function keepsNoMore(kept: HeldApproval['kept'], kind: 'comments' | 'refusals'): boolean {
  return kept.all[kind] >= APPROVAL_LIMITS[kind].all || kept.own[kind] >= APPROVAL_LIMITS[kind].own;
}

async function held(tx: Sql, approval: ApprovalRow, principalId = ''): Promise<HeldApproval> {
  const entries = await tx.query(`SELECT * FROM executions.approval_entries WHERE approval_id = $1 AND accepted AND kind <> 'comment' ORDER BY entry`, [
    approval.approval_id,
  ]);
  const counts = await tx.query(
    `SELECT (principal_id = $2) AS own, count(*) FILTER (WHERE accepted AND kind = 'comment')::int AS comments,
       count(*) FILTER (WHERE NOT accepted)::int AS refusals
     FROM executions.approval_entries WHERE approval_id = $1 GROUP BY 1`,
    [approval.approval_id, principalId],
  );
  // After the locks, so that who waited for them is late. Beside the run of another decision one may decide, as long as it does not take back what was done:
  // nothing asks then any more.
  const moment = await tx.query(
    `SELECT clock_timestamp() AS now, EXISTS (
       SELECT FROM executions.runs r WHERE r.thread_id = $1 AND ${HOLDS_THREAD}
         AND (r.status = 'running' AND EXISTS (SELECT FROM executions.run_events e WHERE e.run_id = r.run_id AND e.type = 'run.compensation-started.v1')
           OR NOT EXISTS (SELECT FROM executions.approvals d WHERE d.thread_id = $1 AND d.resume_run_id = r.run_id))) AS busy`,
    [approval.thread_id],
  );
  const { now, busy } = momentRow.parse(moment[0]);
  return { approval, entries: z.array(approvalEntryRow).parse(entries), kept: keptOf(z.array(countRow).parse(counts)), now, isBusy: busy };
}

function keptOf(counts: readonly z.infer<typeof countRow>[]): HeldApproval['kept'] {
  const total = (rows: typeof counts, kind: 'comments' | 'refusals') => rows.reduce((all, row) => all + row[kind], 0);
  const sum = (rows: typeof counts) => ({ comments: total(rows, 'comments'), refusals: total(rows, 'refusals') });
  return { all: sum(counts), own: sum(counts.filter(({ own }) => own)) };
}

async function append(tx: Sql, approvalId: string, type: string, data: unknown): Promise<void> {
  await tx.query('SELECT executions.append_approval_event(tenant_id, approval_id, $2, $3) FROM executions.approvals WHERE approval_id = $1', [
    approvalId,
    type,
    toJsonb(data),
  ]);
}

function columnsOf(entry: EntryDraft): unknown[] {
  const { kind, principalId, code, shownHash, policyVersion, args, delegateTo, comment } = entry;
  const optional = [code, shownHash, policyVersion, args === undefined ? undefined : toJsonb(args), delegateTo, comment];
  return [kind, principalId, code === undefined, ...optional.map((value) => value ?? null)];
}
