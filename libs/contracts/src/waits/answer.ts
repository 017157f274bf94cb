import { z } from 'zod';

/** How a wait ends by itself. */
export const WAIT_OUTCOMES = ['elapsed', 'event', 'timeout'] as const;

const eventSchema = z.object({
  /** As the sender named it, or as Holdfast did. */
  id: z.string(),
  type: z.string(),
  key: z.string().nullable(),
  /** JSON of the sender; long texts are references. */
  payload: z.unknown(),
  /** RFC 3339 */
  posted_at: z.string(),
});
/** An event as the node that waited for it gets it. */
export type WaitedEvent = z.infer<typeof eventSchema>;

// Not exported, as the schema of the question.
const answerSchema = z.discriminatedUnion('outcome', [
  z.object({ wait_id: z.string(), outcome: z.literal('elapsed') }),
  z.object({ wait_id: z.string(), outcome: z.literal('timeout') }),
  z.object({ wait_id: z.string(), outcome: z.literal('event'), event: eventSchema }),
]);
/** What the waiting node gets. */
export type WaitAnswer = z.infer<typeof answerSchema>;

/** The value as an answer; undefined for anything else, such as what a client resumed the thread with. */
export function parseWaitAnswer(value: unknown): WaitAnswer | undefined {
  return answerSchema.safeParse(value).data;
}
