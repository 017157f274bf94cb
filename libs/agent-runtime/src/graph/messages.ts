import { AIMessage, BaseMessage, ToolMessage } from '@langchain/core/messages';
import type { AiMessageDto, MessageContent, MessageDto, ToolCallDto, ToolMessageDto } from '@holdfast/contracts/messages';

/** A LangChain message in the flat form of the LangGraph protocol. A kind that the protocol lacks becomes its nearest one. */
export function toMessageDto(message: BaseMessage): MessageDto {
  const base = {
    content: message.content as MessageContent,
    ...(message.id === undefined ? {} : { id: message.id }),
    ...(message.name === undefined ? {} : { name: message.name }),
    additional_kwargs: message.additional_kwargs,
    response_metadata: message.response_metadata,
  };
  switch (message.getType()) {
    case 'ai':
      return { ...base, type: 'ai', ...aiFields(message as AIMessage) };
    case 'tool':
      return { ...base, type: 'tool', ...toolFields(message as ToolMessage) };
    case 'system':
    case 'developer':
      return { ...base, type: 'system' };
    default:
      return { ...base, type: 'human' };
  }
}

/** The LangChain message of a model's answer. */
export function aiMessageOf(dto: AiMessageDto): AIMessage {
  return new AIMessage({
    ...baseFields(dto),
    ...(dto.tool_calls === undefined ? {} : { tool_calls: dto.tool_calls.map((call) => ({ ...call, type: 'tool_call' as const })) }),
    ...(dto.invalid_tool_calls === undefined ? {} : { invalid_tool_calls: dto.invalid_tool_calls as AIMessage['invalid_tool_calls'] & object }),
    ...(dto.usage_metadata === undefined ? {} : { usage_metadata: dto.usage_metadata }),
  });
}

/** The LangChain message of a tool's answer. */
export function toolMessageOf(dto: ToolMessageDto): ToolMessage {
  return new ToolMessage({
    ...baseFields(dto),
    tool_call_id: dto.tool_call_id,
    ...(dto.status === undefined ? {} : { status: dto.status }),
    ...(dto.artifact === undefined ? {} : { artifact: dto.artifact }),
  });
}

/**
 * A value of graph state in the form that the API shows: every LangChain message flat, everything else as it is. Parts without
 * messages are shared with the argument, not copied.
 */
export function toApiForm(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (BaseMessage.isInstance(value)) {
    return value.getType() === 'remove' ? { type: 'remove', id: value.id, content: '' } : toMessageDto(value);
  }
  if (Array.isArray(value)) {
    const mapped = value.map(toApiForm);
    return mapped.every((item, i) => item === value[i]) ? value : mapped;
  }
  const proto: unknown = Object.getPrototypeOf(value);
  // Objects of other classes (Date, Map, …) are left to JSON.
  if (proto !== Object.prototype && proto !== null) return value;
  let changed = false;
  const mapped: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    mapped[key] = toApiForm(child);
    changed ||= mapped[key] !== child;
  }
  return changed ? mapped : value;
}

function baseFields(dto: AiMessageDto | ToolMessageDto) {
  return {
    content: dto.content as BaseMessage['content'] & (string | { type: string }[]),
    ...(dto.id === undefined ? {} : { id: dto.id }),
    ...(dto.name === undefined ? {} : { name: dto.name }),
    ...(dto.additional_kwargs === undefined ? {} : { additional_kwargs: dto.additional_kwargs }),
    ...(dto.response_metadata === undefined ? {} : { response_metadata: dto.response_metadata }),
  };
}

function aiFields(message: AIMessage): Omit<AiMessageDto, 'content' | 'type'> {
  return {
    tool_calls: (message.tool_calls ?? []).map(
      (call, i): ToolCallDto => ({
        id: call.id ?? `${message.id ?? 'call'}-${i}`,
        name: call.name,
        args: call.args as ToolCallDto['args'],
        type: 'tool_call',
      }),
    ),
    invalid_tool_calls: (message.invalid_tool_calls ?? []) as unknown as Record<string, unknown>[],
    ...(message.usage_metadata === undefined
      ? {}
      : {
          usage_metadata: {
            input_tokens: message.usage_metadata.input_tokens,
            output_tokens: message.usage_metadata.output_tokens,
            total_tokens: message.usage_metadata.total_tokens,
          },
        }),
  };
}

function toolFields(message: ToolMessage): Omit<ToolMessageDto, 'content' | 'type'> {
  return {
    tool_call_id: message.tool_call_id,
    ...(message.status === undefined ? {} : { status: message.status }),
    ...(message.artifact === undefined ? {} : { artifact: message.artifact as unknown }),
  };
}
