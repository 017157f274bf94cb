import { AIMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages';

/**
 * The conversation as a model may read it: every call followed by its result, and no result without its call. A run that was cancelled
 * and a person who asks something else instead of deciding leave calls without a result; a message that comes while tools work stands
 * between call and result. Models refuse such a conversation, and a thread would be of no use for ever.
 */
export function readable(messages: readonly BaseMessage[]): BaseMessage[] {
  return messages.flatMap((message, i) => {
    if (ToolMessage.isInstance(message)) return [];
    if (!AIMessage.isInstance(message) || message.tool_calls === undefined || message.tool_calls.length === 0) return [message];
    return withResults(message, resultsBehind(messages, i));
  });
}

/** Results up to the next message that calls: some models give the same id to calls of different messages. */
function resultsBehind(messages: readonly BaseMessage[], call: number): ToolMessage[] {
  const results: ToolMessage[] = [];
  for (let i = call + 1; i < messages.length; i += 1) {
    const message = messages[i]!;
    if (AIMessage.isInstance(message) && (message.tool_calls?.length ?? 0) > 0) break;
    if (ToolMessage.isInstance(message)) results.push(message);
  }
  return results;
}

function withResults(message: AIMessage, results: readonly ToolMessage[]): BaseMessage[] {
  const calls = message.tool_calls ?? [];
  const answered = calls.flatMap((call) => {
    const result = results.find(({ tool_call_id: id }) => id === call.id);
    return result === undefined ? [] : [{ call, result }];
  });
  const found = answered.map(({ result }) => result);
  if (answered.length === calls.length) return [message, ...found];
  if (answered.length === 0 && message.text === '') return [];
  const { id, name, content } = message;
  const rest = { ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) };
  return [new AIMessage({ content, tool_calls: answered.map(({ call }) => call), ...rest }), ...found];
}
