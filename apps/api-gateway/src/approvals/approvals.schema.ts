import { uuidSchema } from '@holdfast/contracts';
import { APPROVAL_ENTRY_KINDS, APPROVAL_STATUSES, DEADLINE_ACTIONS } from '@holdfast/contracts/approvals';
import { z } from 'zod';
import { queryInt, timestamp } from '../http/wire.schema';

/** Something that was said or done about an approval; refused decisions stay visible. */
const entrySchema = z
  .object({
    entry: z.int(),
    kind: z.enum(APPROVAL_ENTRY_KINDS),
    principal_id: z.string(),
    accepted: z.boolean(),
    code: z.string().nullable().describe('Why it was refused'),
    shown_hash: z.string().nullable(),
    policy_version: z.string().nullable(),
    args: z.unknown().optional().describe('Of an edit'),
    delegate_to: z.string().nullable(),
    comment: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ id: 'ApprovalEntry' });

/** A question to people that a thread waits for. */
export const approvalSchema = z
  .object({
    approval_id: z.string(),
    thread_id: z.string(),
    run_id: z.string().describe('The run that asked'),
    interrupt_id: z.string(),
    status: z.enum(APPROVAL_STATUSES),
    action: z.string(),
    summary: z.string().nullable(),
    args: z.unknown().describe('As requested, or as the last edit has them'),
    requested_args: z.unknown(),
    shown_hash: z.string().describe('Of action, summary and args; a decision names it'),
    policy_version: z.string().describe('In force; a decision names it'),
    roles: z.array(z.string()).describe('One of them is needed to decide; empty: none'),
    quorum: z.int(),
    four_eyes: z.boolean(),
    on_deadline: z.enum(DEADLINE_ACTIONS),
    requested_by: z.string().nullable(),
    assignees: z.array(z.string()).describe('Principals to whom somebody handed his decision'),
    deadline_at: timestamp.nullable(),
    remind_at: timestamp.nullable(),
    reminders: z.int(),
    escalated: z.boolean(),
    outcome: z.string().nullable().describe('`decision`, `deadline`, or why it was superseded'),
    decided_by: z.array(z.string()),
    decided_at: timestamp.nullable(),
    resume_run_id: z.string().nullable().describe('The run that went on with the thread'),
    created_at: timestamp,
  })
  .meta({ id: 'Approval' });
/** See {@link approvalSchema}. */
export type Approval = z.infer<typeof approvalSchema>;

/** With everything said and done about it. */
export const approvalDetailSchema = approvalSchema.extend({ entries: z.array(entrySchema) }).meta({ id: 'ApprovalDetail' });
/** See {@link approvalDetailSchema}. */
export type ApprovalDetail = z.infer<typeof approvalDetailSchema>;

/** Path parameters. */
export const approvalParams = z.object({ approval_id: uuidSchema });

const principal = z.string().min(1).max(200);

/** Query of the list. */
export const approvalListQuery = z.object({
  status: z.enum(APPROVAL_STATUSES).optional(),
  thread_id: uuidSchema.optional(),
  run_id: uuidSchema.optional(),
  assignee: principal.optional(),
  after: uuidSchema.optional().describe('`X-Pagination-Next` of the page before'),
  limit: queryInt(1, 1000, 10),
});
/** See {@link approvalListQuery}. */
export type ApprovalListQuery = z.infer<typeof approvalListQuery>;

const comment = z.string().min(1).max(10_000);
const decision = {
  shown_hash: z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in lower-case hexadecimal'),
  policy_version: z.string().min(1).max(100),
  comment: comment.nullish(),
};

/** Body of an approval or a rejection. */
export const decisionSchema = z.strictObject(decision).meta({ id: 'ApprovalDecision' });
/** Body of an approval with other arguments. */
export const editSchema = z.strictObject({ ...decision, args: z.unknown() }).meta({ id: 'ApprovalEdit' });
/** Body of a delegation. */
export const delegationSchema = z.strictObject({ to: principal, comment: comment.nullish() }).meta({ id: 'ApprovalDelegation' });
/** Body of a comment. */
export const commentSchema = z.strictObject({ comment }).meta({ id: 'ApprovalComment' });
