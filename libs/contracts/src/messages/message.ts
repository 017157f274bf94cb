import { z } from 'zod';

/** A tool call that a model asks for; `args` are parsed JSON. */
export const toolCallSchema = z.object({
  id: z.string(),
  name: z.string(),
  args: z.record(z.string(), z.unknown()),
  type: z.literal('tool_call').optional(),
});
/** See {@link toolCallSchema}. */
export type ToolCallDto = z.infer<typeof toolCallSchema>;

/** Tokens of one model call, in LangChain's names. */
export const usageSchema = z.object({
  input_tokens: z.number().int().nonnegative(),
  output_tokens: z.number().int().nonnegative(),
  total_tokens: z.number().int().nonnegative(),
});
/** See {@link usageSchema}. */
export type UsageDto = z.infer<typeof usageSchema>;

const contentBlockSchema = z.looseObject({ type: z.string() });
const contentSchema = z.union([z.string(), z.array(contentBlockSchema)]);
/** One block of a multi-part message; open, because providers add kinds. */
export type ContentBlock = z.infer<typeof contentBlockSchema>;
/** Text, or content blocks (images, references to stored text, …). */
export type MessageContent = z.infer<typeof contentSchema>;

const base = {
  content: contentSchema,
  id: z.string().optional(),
  name: z.string().optional(),
  additional_kwargs: z.record(z.string(), z.unknown()).optional(),
  response_metadata: z.record(z.string(), z.unknown()).optional(),
};

/** A model's message in the flat form of the LangGraph protocol. */
export const aiMessageSchema = z.object({
  ...base,
  type: z.literal('ai'),
  tool_calls: z.array(toolCallSchema).optional(),
  invalid_tool_calls: z.array(z.looseObject({})).optional(),
  usage_metadata: usageSchema.optional(),
});
/** See {@link aiMessageSchema}. */
export type AiMessageDto = z.infer<typeof aiMessageSchema>;

/** A tool's answer in the flat form of the LangGraph protocol. */
export const toolMessageSchema = z.object({
  ...base,
  type: z.literal('tool'),
  tool_call_id: z.string(),
  status: z.enum(['success', 'error']).optional(),
  artifact: z.unknown().optional(),
});
/** See {@link toolMessageSchema}. */
export type ToolMessageDto = z.infer<typeof toolMessageSchema>;

/** Any message in the flat form of the LangGraph protocol: plain JSON, because LangChain's classes do not survive it. */
export const messageSchema = z.discriminatedUnion('type', [
  z.object({ ...base, type: z.literal('human') }),
  z.object({ ...base, type: z.literal('system') }),
  aiMessageSchema,
  toolMessageSchema,
]);
/** See {@link messageSchema}. */
export type MessageDto = z.infer<typeof messageSchema>;
