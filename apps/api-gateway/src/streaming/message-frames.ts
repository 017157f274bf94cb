import { aiMessageSchema, type AiMessageDto, type TokenChunk } from '@holdfast/contracts/messages';

const MESSAGE_TYPES = new Set(['human', 'ai', 'system', 'tool', 'function', 'remove', 'developer', 'generic', 'chat']);

/** A message of any kind in the flat form of the protocol. */
export interface FlatMessage {
  readonly type: string;
  readonly id?: string | undefined;
  readonly content: unknown;
}

/** Metadata beside each message chunk, as LangGraph names it. */
export interface MessageContext {
  readonly runId: string;
  readonly threadId: string;
  readonly assistantId: string;
  readonly graphId: string;
}

/** True for a flat message dictionary. */
export function isFlatMessage(value: unknown): value is FlatMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { type, content, id } = value as Record<string, unknown>;
  return typeof type === 'string' && MESSAGE_TYPES.has(type) && content !== undefined && (id === undefined || typeof id === 'string');
}

/**
 * The messages in what a node returned, where LangGraph looks for them: the value itself, a list, or one level inside an object
 * (`StreamMessagesHandler.handleChainEnd` of langgraph 1.7).
 */
export function messagesIn(output: unknown): FlatMessage[] {
  if (isFlatMessage(output)) return [output];
  if (Array.isArray(output)) return output.flatMap((item) => (isFlatMessage(item) ? [item] : nested(item)));
  return nested(output);
}

function nested(output: unknown): FlatMessage[] {
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return [];
  return Object.values(output).flatMap((value) => (Array.isArray(value) ? value.filter(isFlatMessage) : isFlatMessage(value) ? [value] : []));
}

/** The text of a message, as its tokens spell it. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((block: unknown) => {
      if (typeof block === 'string') return block;
      const { type, text } = (block ?? {}) as { type?: unknown; text?: unknown };
      return type === 'text' && typeof text === 'string' ? text : '';
    })
    .join('');
}

/** The message as one of a model, or undefined. */
export function asAiMessage(message: FlatMessage): AiMessageDto | undefined {
  const parsed = message.type === 'ai' ? aiMessageSchema.safeParse(message) : undefined;
  return parsed?.success === true ? parsed.data : undefined;
}

/** A chunk of a model's message in the form that SDKs concatenate (`AIMessageChunk` as a flat dictionary). */
export function aiMessageChunk(id: string, text: string, end?: Pick<TokenChunk, 'tool_calls' | 'usage'>): Record<string, unknown> {
  const calls = end?.tool_calls ?? [];
  return {
    type: 'AIMessageChunk',
    id,
    content: text,
    additional_kwargs: {},
    response_metadata: {},
    tool_calls: calls.map(({ id: callId, name, args }) => ({ id: callId, name, args, type: 'tool_call' })),
    invalid_tool_calls: [],
    tool_call_chunks: calls.map((call, index) => ({
      id: call.id,
      name: call.name,
      args: JSON.stringify(call.args),
      index,
      type: 'tool_call_chunk',
    })),
    ...(end?.usage === undefined ? {} : { usage_metadata: end.usage }),
  };
}

/** The part of a finished message that its chunks have not brought. */
export function restChunk(message: AiMessageDto, text: string, ended: boolean): Record<string, unknown> {
  return aiMessageChunk(message.id ?? '', text, ended ? undefined : { tool_calls: message.tool_calls ?? [], usage: message.usage_metadata });
}

/** The second element of a message tuple. */
export function messageMetadata(context: MessageContext, node: string, ns: readonly string[], step?: number): Record<string, unknown> {
  return {
    tags: [],
    langgraph_node: node,
    ...(step === undefined ? {} : { langgraph_step: step }),
    langgraph_checkpoint_ns: ns.join('|'),
    run_id: context.runId,
    thread_id: context.threadId,
    assistant_id: context.assistantId,
    graph_id: context.graphId,
  };
}
