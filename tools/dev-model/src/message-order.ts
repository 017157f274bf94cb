import type { ChatMessage } from './request.schema.ts';

/**
 * What is wrong with the order of messages, as real servers of the protocol see it: every tool call is answered by a tool message
 * directly behind it, and nothing else is. Undefined when all is well.
 */
export function disorderIn(messages: readonly ChatMessage[]): string | undefined {
  let open: string[] = [];
  for (const [i, message] of messages.entries()) {
    if (message.role === 'tool') {
      const id = message.tool_call_id ?? '';
      if (!open.includes(id)) return `messages.${i}: a tool message must follow the message whose call it answers; there is no open call ${id}.`;
      open = open.filter((call) => call !== id);
      continue;
    }
    if (open.length > 0) return `messages.${i}: the calls ${open.join(', ')} before it must be followed by their tool messages.`;
    open = (message.tool_calls ?? []).map(({ id }) => id);
  }
  return open.length > 0 ? `The calls ${open.join(', ')} must be followed by their tool messages.` : undefined;
}
