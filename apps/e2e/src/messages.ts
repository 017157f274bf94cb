import { z } from 'zod';

const message = z.looseObject({
  id: z.string().optional(),
  type: z.string(),
  name: z.string().nullish(),
  content: z.unknown(),
  status: z.string().optional(),
  tool_call_id: z.string().optional(),
  tool_calls: z.array(z.looseObject({ id: z.string(), name: z.string(), args: z.record(z.string(), z.unknown()) })).optional(),
});
/** A message as states and streams carry it. */
export type WireMessage = z.infer<typeof message>;

/** The messages of a state. @throws ZodError when there are none */
export function messagesOf(values: unknown): WireMessage[] {
  return z.looseObject({ messages: z.array(message) }).parse(values).messages;
}

/** The text of a message. */
export function textOf(content: unknown): string {
  return z.union([z.string(), z.array(z.looseObject({ text: z.string().optional() })).transform((blocks) => blocks.map((block) => block.text ?? '').join(''))]).parse(content);
}

/** What the agent answered in the end. @throws when the last message is none of a model, or asks for tools */
export function answerOf(values: unknown): string {
  const last = messagesOf(values).at(-1);
  if (last?.type !== 'ai' || (last.tool_calls ?? []).length > 0) throw new Error(`the last message is no answer: ${JSON.stringify(last)?.slice(0, 300)}`);
  return textOf(last.content);
}

/** A chunk with its metadata, as the stream mode `messages-tuple` sends it. */
const tuple = z.tuple([message, z.looseObject({ langgraph_node: z.string() })]);

/** What a viewer of `messages-tuple` has read, by message id, in the order of the first chunks. */
export function joinChunks(events: readonly { readonly event: string; readonly data: unknown }[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { event, data } of events) {
    if (event !== 'messages') continue;
    const [chunk] = tuple.parse(data);
    const id = chunk.id ?? '';
    texts.set(id, (texts.get(id) ?? '') + textOf(chunk.content));
  }
  return texts;
}
