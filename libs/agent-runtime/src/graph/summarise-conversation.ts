import { type BaseMessage, HumanMessage, RemoveMessage, SystemMessage } from '@langchain/core/messages';
import { callModel, type CallModelOptions } from './call-model';
import { estimateTokens, totalTokens } from './count-tokens';
import { type TrimOptions, trimConversation } from './trim-conversation';

/** Options of {@link summariseConversation}. */
export interface SummariseOptions extends TrimOptions {
  /** What stays as it is of a conversation that is longer than `maxTokens`. Default: half of it. */
  readonly keepTokens?: number;
  /** What the model is told to do. */
  readonly instruction?: string;
  readonly params?: CallModelOptions['params'];
}

const INSTRUCTION =
  'Summarise the conversation so far for somebody who goes on with it: what the person wants, what was found out and decided, names and numbers as they are.';

/** What a summary begins with. */
export const SUMMARY = 'Summary of the conversation so far:';

/**
 * Puts a summary in the place of the older part of a conversation that has become too long. To be returned by a node, into a channel with
 * `messagesStateReducer`; empty when nothing is to be done. A summary that is there already becomes part of the next one.
 * @throws what {@link callModel} throws
 */
export async function summariseConversation(messages: readonly BaseMessage[], options: SummariseOptions): Promise<BaseMessage[]> {
  const { maxTokens, keepTokens = Math.floor(maxTokens / 2), countTokens = estimateTokens, instruction = INSTRUCTION, params } = options;
  if (totalTokens(messages, countTokens) <= maxTokens) return [];
  const kept = new Set(trimConversation(messages, { maxTokens: keepTokens, countTokens }));
  const old = messages.filter((message) => !kept.has(message) && message.id !== undefined);
  const [first, ...others] = old;
  if (first === undefined) return [];
  const reply = await callModel({
    messages: [new SystemMessage(instruction), ...old, new HumanMessage('Summarise.')],
    stream: false,
    purpose: 'summarise',
    ...(params === undefined ? {} : { params }),
  });
  // A long text is a reference, which must stay a message's only content.
  const content = typeof reply.content === 'string' ? `${SUMMARY}\n${reply.content}` : reply.content;
  // In the place of the first one: a message with a new id would stand at the end.
  return [new HumanMessage({ id: first.id!, content }), ...others.map(({ id }) => new RemoveMessage({ id: id! }))];
}
