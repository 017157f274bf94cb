import { z } from 'zod';
import { toolCallSchema, usageSchema } from './message';

/**
 * A piece of a message that a model is still speaking, as it travels on the tokens stream.
 * `call` is the id of the call in the run's ledger, `offset` where `text` starts in the message (UTF-16 units). The last one carries the tool calls.
 */
export const tokenChunkSchema = z.object({
  call: z.string(),
  attempt: z.number().int().positive(),
  messageId: z.string(),
  node: z.string(),
  ns: z.array(z.string()),
  offset: z.number().int().nonnegative(),
  text: z.string(),
  last: z.boolean().optional(),
  tool_calls: z.array(toolCallSchema).optional(),
  usage: usageSchema.optional(),
});
/** See {@link tokenChunkSchema}. */
export type TokenChunk = z.infer<typeof tokenChunkSchema>;
