import { z } from 'zod';

/** What became of a question. `edited`: approved with other arguments; `failed`: nobody decided in time and the run is to fail. */
export const APPROVAL_DECISIONS = ['approved', 'edited', 'rejected', 'failed'] as const;

/** What the waiting node gets. */
export const approvalAnswerSchema = z.object({
  approval_id: z.string(),
  decision: z.enum(APPROVAL_DECISIONS),
  /** The arguments that were approved: what was shown, or what a person made of it. */
  args: z.unknown(),
  /** Of the last decision. */
  comment: z.string().nullable(),
  /** Principals whose decisions made it so; empty when the deadline did. */
  decided_by: z.array(z.string()),
  by: z.enum(['decision', 'deadline']),
});
/** See {@link approvalAnswerSchema}. */
export type ApprovalAnswer = z.infer<typeof approvalAnswerSchema>;
