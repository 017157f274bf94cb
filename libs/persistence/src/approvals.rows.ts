import { APPROVAL_ENTRY_KINDS, APPROVAL_STATUSES, DEADLINE_ACTIONS } from '@holdfast/contracts/approvals';
import { z } from 'zod';
import { timestamp } from './rows.schema';

/** The policy as the graph stated it. */
const policyColumn = z.object({
  roles: z.array(z.string()),
  quorum: z.number().int(),
  four_eyes: z.boolean(),
  deadline_ms: z.number().nullable(),
  on_deadline: z.enum(DEADLINE_ACTIONS),
  remind_every_ms: z.number().nullable(),
  escalate_to: z.array(z.string()).nullable(),
  version: z.string(),
});

/** A row of executions.approvals. */
export const approvalRow = z.object({
  tenant_id: z.string(),
  approval_id: z.string(),
  thread_id: z.string(),
  /** The run that asked. */
  run_id: z.string(),
  interrupt_id: z.string(),
  status: z.enum(APPROVAL_STATUSES),
  action: z.string(),
  summary: z.string().nullable(),
  requested_args: z.unknown(),
  requested_hash: z.string(),
  /** As requested, or as the last edit has them. */
  args: z.unknown(),
  shown_hash: z.string(),
  requested_by: z.string().nullable(),
  policy: policyColumn,
  /** In force, as `roles`; an escalation changes both. */
  policy_version: z.string(),
  roles: z.array(z.string()),
  assignees: z.array(z.string()),
  escalated: z.boolean(),
  deadline_at: timestamp.nullable(),
  remind_at: timestamp.nullable(),
  reminders: z.number().int(),
  leased_until: timestamp.nullable(),
  delete_thread: z.boolean(),
  last_entry: z.number().int(),
  last_seq: z.number().int(),
  outcome: z.string().nullable(),
  decided_by: z.array(z.string()),
  resume_run_id: z.string().nullable(),
  traceparent: z.string().nullable(),
  created_at: timestamp,
  decided_at: timestamp.nullable(),
});
/** See {@link approvalRow}. */
export type ApprovalRow = z.infer<typeof approvalRow>;

/** A row of executions.approval_entries. */
export const approvalEntryRow = z.object({
  tenant_id: z.string(),
  approval_id: z.string(),
  /** 1, 2, 3 … within the approval. */
  entry: z.number().int(),
  kind: z.enum(APPROVAL_ENTRY_KINDS),
  principal_id: z.string(),
  accepted: z.boolean(),
  code: z.string().nullable(),
  shown_hash: z.string().nullable(),
  policy_version: z.string().nullable(),
  args: z.unknown(),
  delegate_to: z.string().nullable(),
  comment: z.string().nullable(),
  idempotency_key: z.string().nullable(),
  request_hash: z.string().nullable(),
  created_at: timestamp,
});
/** See {@link approvalEntryRow}. */
export type ApprovalEntryRow = z.infer<typeof approvalEntryRow>;
