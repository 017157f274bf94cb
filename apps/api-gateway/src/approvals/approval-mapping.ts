import type { ApprovalEntryRow, ApprovalRow } from '@holdfast/persistence';
import type { Approval, ApprovalDetail } from './approvals.schema';

/** A row as clients see it. */
export function toApproval(row: ApprovalRow): Approval {
  return {
    approval_id: row.approval_id,
    thread_id: row.thread_id,
    run_id: row.run_id,
    interrupt_id: row.interrupt_id,
    status: row.status,
    action: row.action,
    summary: row.summary,
    args: row.args,
    requested_args: row.requested_args,
    shown_hash: row.shown_hash,
    policy_version: row.policy_version,
    roles: row.roles,
    quorum: row.policy.quorum,
    four_eyes: row.policy.four_eyes,
    on_deadline: row.policy.on_deadline,
    requested_by: row.requested_by,
    assignees: row.assignees,
    deadline_at: row.deadline_at?.toISOString() ?? null,
    remind_at: row.remind_at?.toISOString() ?? null,
    reminders: row.reminders,
    escalated: row.escalated,
    outcome: row.outcome,
    decided_by: row.decided_by,
    decided_at: row.decided_at?.toISOString() ?? null,
    resume_run_id: row.resume_run_id,
    created_at: row.created_at.toISOString(),
  };
}

/** With what was said and done about it. */
export function toApprovalDetail(row: ApprovalRow, entries: readonly ApprovalEntryRow[]): ApprovalDetail {
  return { ...toApproval(row), entries: entries.map(toEntry) };
}

function toEntry(row: ApprovalEntryRow): ApprovalDetail['entries'][number] {
  const { entry, kind, principal_id, accepted, code, shown_hash, policy_version, args, delegate_to, comment, created_at } = row;
  const shown = { entry, kind, principal_id, accepted, code, shown_hash, policy_version, delegate_to, comment, created_at: created_at.toISOString() };
  return args === null ? shown : { ...shown, args };
}
