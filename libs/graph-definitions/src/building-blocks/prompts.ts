import { type BaseMessage, type MessageContent, HumanMessage, SystemMessage } from '@langchain/core/messages';

/**
 * The system prompt of a role. People and the development model tell roles apart by its first line.
 * MAINTENANCE: tools/dev-model/src/conversation.ts reads that line.
 */
export function systemPrompt(role: string, graphId: string, ...lines: readonly string[]): SystemMessage {
  return new SystemMessage([`You are the ${role} of a ${graphId} agent.`, ...lines].join('\n'));
}

/**
 * What somebody said, as part of what a model reads, under a label of one line. A long text is a reference (the worker puts it back for
 * the model), and a reference must stay a message's only content: its label is then a message of its own.
 */
export function quoted(label: string, content: MessageContent): BaseMessage[] {
  if (typeof content === 'string') return [new HumanMessage(`${label}\n${content}`)];
  return [new HumanMessage(label), new HumanMessage({ content })];
}

/** Rule for every role that answers people from what tools returned. */
export const ONLY_WHAT_IS_KNOWN = 'Say only what the tools returned or the person said; say so when something could not be found out.';
