import { z } from 'zod';

/** What became of a question. `edited`: approved with other arguments; `failed`: nobody decided in time and the run is to fail. */
export const APPROVAL_DECISIONS = ['approved', 'edited', 'rejected', 'failed'] as const;

// Not exported, as the schema of the question.
const answerSchema = z.object({
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
/** What the waiting node gets. */
export type ApprovalAnswer = z.infer<typeof answerSchema>;

/** The value as an answer. @throws ZodError when it is none */
export function parseApprovalAnswer(value: unknown): ApprovalAnswer {
  return answerSchema.parse(value);
}
