import { AIMessage, ToolMessage, type BaseMessage } from '@langchain/core/messages';

/**
 * The conversation as a model may read it. A run that was cancelled, or a person who asks something else instead of deciding, leaves
 * calls without a result in it, and models refuse such a conversation for ever; those calls are left out.
 */
export function readable(messages: readonly BaseMessage[]): BaseMessage[] {
  const answered = new Set(messages.filter((message) => ToolMessage.isInstance(message)).map((message) => message.tool_call_id));
  return messages.flatMap((message) => {
    if (!AIMessage.isInstance(message)) return [message];
    const calls = message.tool_calls ?? [];
    const kept = calls.filter(({ id }) => id !== undefined && answered.has(id));
    if (kept.length === calls.length) return [message];
    if (kept.length === 0 && message.text === '') return [];
    const { id, name, content } = message;
    return [new AIMessage({ content, tool_calls: kept, ...(id === undefined ? {} : { id }), ...(name === undefined ? {} : { name }) })];
  });
}
