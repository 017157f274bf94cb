import { AIMessage, type AIMessageChunk, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { AiMessageDto, MessageDto, ToolCallDto, UsageDto } from '@holdfast/contracts/messages';

/** What a finished model call gave, in our form. */
export interface SpokenMessage {
  readonly message: AiMessageDto;
  readonly usage: UsageDto | undefined;
  readonly model: string | undefined;
}

/** The LangChain message of a flat one. Messages are kept flat everywhere else: LangChain's classes do not survive JSON. */
export function toLangChain(dto: MessageDto): BaseMessage {
  const common = { ...(dto.id === undefined ? {} : { id: dto.id }), ...(dto.name === undefined ? {} : { name: dto.name }) };
  // LangChain's union of content blocks names every provider's kinds; ours is open.
  const content = dto.content as string;
  switch (dto.type) {
    case 'human':
      return new HumanMessage({ ...common, content });
    case 'system':
      return new SystemMessage({ ...common, content });
    case 'ai':
      return new AIMessage({
        ...common,
        content,
        tool_calls: (dto.tool_calls ?? []).map((call) => ({ id: call.id, name: call.name, args: call.args, type: 'tool_call' as const })),
      });
    case 'tool':
      return new ToolMessage({ ...common, content, tool_call_id: dto.tool_call_id, ...(dto.status === undefined ? {} : { status: dto.status }) });
  }
}

/**
 * The flat form of what a model said.
 * @throws HoldfastError MODEL_MALFORMED_REPLY when the arguments of a tool call are no JSON object, or the answer was cut off
 * without a word from the provider
 */
export function fromLangChain(spoken: AIMessage | AIMessageChunk, id: string): SpokenMessage {
  refuseMalformedCalls(spoken);
  const metadata = spoken.response_metadata as Record<string, unknown>;
  const finishReason = textField(metadata, 'finish_reason');
  const model = textField(metadata, 'model_name') ?? textField(metadata, 'model');
  const toolCalls = (spoken.tool_calls ?? []).map((call, i): ToolCallDto => ({
    // Some gateways leave the id out; made from the message's, so that it is the same for every reader of this message.
    id: call.id === undefined || call.id === '' ? `${id}-${i}` : call.id,
    name: call.name,
    args: call.args as Record<string, unknown>,
    type: 'tool_call',
  }));
  const usage = usageOf(spoken);
  const message: AiMessageDto = {
    type: 'ai',
    id,
    content: contentOf(spoken),
    ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    ...(usage === undefined ? {} : { usage_metadata: usage }),
    response_metadata: {
      ...(model === undefined ? {} : { model_name: model }),
      ...(finishReason === undefined ? {} : { finish_reason: finishReason }),
    },
  };
  return { message, usage, model };
}

/** LangChain repairs arguments that were cut off; a call with half its arguments must not be made, so the raw text decides. */
function refuseMalformedCalls(spoken: AIMessage | AIMessageChunk): void {
  const raw = 'tool_call_chunks' in spoken ? (spoken.tool_call_chunks ?? []) : [];
  const invalid = spoken.invalid_tool_calls?.[0] ?? raw.find((call) => !isJsonObject(call.args));
  if (invalid === undefined) return;
  throw new HoldfastError('MODEL_MALFORMED_REPLY', `The model asked for the tool ${invalid.name ?? '(no name)'} with arguments that are not a JSON object.`);
}

function isJsonObject(text: string | undefined): boolean {
  if (text === undefined || text === '') return true; // a call without arguments
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** The text of one streamed chunk; content that is no text is not streamed. */
export function chunkText(chunk: AIMessageChunk): string {
  return typeof chunk.content === 'string' ? chunk.content : '';
}

function contentOf(spoken: AIMessage | AIMessageChunk): AiMessageDto['content'] {
  if (typeof spoken.content === 'string') return spoken.content;
  return spoken.content.map((block) => ({ ...block, type: String(block.type) }));
}

function usageOf(spoken: AIMessage | AIMessageChunk): UsageDto | undefined {
  const usage = spoken.usage_metadata;
  if (usage === undefined) return undefined;
  const count = (n: number | undefined): number => (n !== undefined && Number.isSafeInteger(n) && n >= 0 ? n : 0);
  const input = count(usage.input_tokens);
  const output = count(usage.output_tokens);
  return { input_tokens: input, output_tokens: output, total_tokens: count(usage.total_tokens) || input + output };
}

function textField(record: Record<string, unknown>, name: string): string | undefined {
  const value = record[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
