import { z } from 'zod';

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() });

const toolCall = z.looseObject({
  id: z.string(),
  function: z.looseObject({ name: z.string(), arguments: z.string() }),
});

const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(contentPart)]).nullish(),
  tool_calls: z.array(toolCall).optional(),
  tool_call_id: z.string().optional(),
});

const toolDefinition = z.looseObject({
  function: z.looseObject({
    name: z.string(),
    description: z.string().optional(),
    parameters: z.record(z.string(), z.unknown()).optional(),
  }),
});

/** The part of an OpenAI chat-completions request that the development model reads. Other fields pass unread. */
export const ChatRequest = z.looseObject({
  model: z.string(),
  messages: z.array(message).min(1),
  tools: z.array(toolDefinition).optional(),
  tool_choice: z.union([z.string(), z.record(z.string(), z.unknown())]).optional(),
});

/** A parsed chat-completions request. */
export type ChatRequest = z.infer<typeof ChatRequest>;

/** One message of a parsed request. */
export type ChatMessage = ChatRequest['messages'][number];

/** The text of a message: its string, or its text parts joined without separator. */
export function textOf(from: ChatMessage): string {
  if (typeof from.content === 'string') return from.content;
  return (from.content ?? []).map((part) => part.text ?? '').join('');
}
