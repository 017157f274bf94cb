import { z } from 'zod';

/** `kind` by which an interrupt's value is known as the question of an approval. */
export const APPROVAL_KIND = 'approval';

/** What happens when the deadline passes without a decision. */
export const DEADLINE_ACTIONS = ['reject', 'approve', 'escalate', 'fail'] as const;
/** See {@link DEADLINE_ACTIONS}. */
export type DeadlineAction = (typeof DEADLINE_ACTIONS)[number];

const DAY_MS = 86_400_000;
const duration = z.int().min(1_000).max(90 * DAY_MS);
const roles = z.array(z.string().min(1).max(64)).max(20);

// Not exported: Temporal deep-freezes what modules of the workflow bundle export, and a frozen schema cannot parse.
const policySchema = z
  .strictObject({
    /** One of them is needed to decide. Default: none, everybody of the tenant may. */
    roles: roles.default([]),
    /** How many people must approve, 1..20; default 1. One rejection is enough to reject. */
    quorum: z.int().min(1).max(20).default(1),
    /** The principal who created the run may not decide. Default false. */
    fourEyes: z.boolean().default(false),
    /** Time to decide, ms, 1 s to 90 days; default: no deadline. */
    deadlineMs: duration.optional(),
    /** Default `reject`. `escalate`: `escalateTo` decides from then on, and has `deadlineMs` once more; after that it is rejected. */
    onDeadline: z.enum(DEADLINE_ACTIONS).default('reject'),
    /** Pace of reminders (`approval.reminded.v1`), ms, 1 s to 90 days, at most 100 of them; default: none. */
    remindEveryMs: duration.optional(),
    /** Roles that decide after an escalation. */
    escalateTo: roles.min(1).optional(),
    /** Names the rules; a decision made under another version is refused. Default `1`. */
    version: z.string().min(1).max(64).default('1'),
  })
  .refine((policy) => policy.onDeadline !== 'escalate' || (policy.escalateTo !== undefined && policy.deadlineMs !== undefined), {
    message: 'onDeadline: escalate needs escalateTo and deadlineMs',
  });
/** Who may decide, how many are needed and until when; with its defaults. */
export type ApprovalPolicy = z.output<typeof policySchema>;

const questionSchema = z.object({
  kind: z.literal(APPROVAL_KIND),
  /** What is to be done, such as `send-mail`. */
  action: z.string().min(1).max(200),
  /** What it is to be done with: JSON. Long texts may be references. */
  args: z.unknown(),
  /** For the person who decides. */
  summary: z.string().max(10_000).nullish(),
  policy: policySchema.prefault({}),
});
/** The question of an approval: value of an interrupt. */
export type ApprovalQuestion = z.output<typeof questionSchema>;

/** The value as a question, or what is wrong with it. */
export function parseApprovalQuestion(value: unknown): z.ZodSafeParseResult<ApprovalQuestion> {
  return questionSchema.safeParse(value);
}
