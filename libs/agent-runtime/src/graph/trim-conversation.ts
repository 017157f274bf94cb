import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { type TokenCounter, estimateTokens, totalTokens } from './count-tokens';

/** Options of {@link trimConversation}. */
export interface TrimOptions {
  /** What the model may be shown, tokens. */
  readonly maxTokens: number;
  /** Default: {@link estimateTokens}. */
  readonly countTokens?: TokenCounter;
}

/**
 * The newest part of a conversation that fits, for `callModel`; the state keeps all of it. System messages stay. It begins with a message of a
 * person, and a tool's result never stands without its call. The newest question and what came last stay even when they alone are too long.
 *
 * Not LangChain's `trimMessages`: that one copies messages, counts all that is left anew for each one that it drops (in a conversation of 1,000
 * a million times), and gives nothing when the newest turn alone is too long.
 */
export function trimConversation(messages: readonly BaseMessage[], { maxTokens, countTokens = estimateTokens }: TrimOptions): BaseMessage[] {
  if (totalTokens(messages, countTokens) <= maxTokens) return [...messages];
  const system = messages.filter((message) => SystemMessage.isInstance(message));
  const talk = messages.filter((message) => !SystemMessage.isInstance(message));
  const question = talk.findLast((message) => HumanMessage.isInstance(message));
  const fixed = question === undefined ? system : [...system, question];
  const newest = newestWithin(talk, maxTokens - totalTokens(fixed, countTokens), countTokens);
  const kept = newest.length > 0 ? newest : lastExchange(talk);
  return [...system, ...withoutLostResults(beginWithPerson(kept, question))];
}

/** As many as fit, from the end, the first of them no tool's result. */
function newestWithin(talk: readonly BaseMessage[], maxTokens: number, countTokens: TokenCounter): BaseMessage[] {
  let from = talk.length;
  for (let left = maxTokens; from > 0; from -= 1) {
    left -= countTokens(talk[from - 1]!);
    if (left < 0) break;
  }
  const first = talk.findIndex((message, i) => i >= from && !ToolMessage.isInstance(message));
  return first < 0 ? [] : talk.slice(first);
}

/** The newest message; with the call when it is a tool's result. */
function lastExchange(talk: readonly BaseMessage[]): BaseMessage[] {
  const last = talk.at(-1);
  const from = ToolMessage.isInstance(last) ? talk.findLastIndex((message) => AIMessage.isInstance(message)) : talk.length - 1;
  return talk.slice(Math.max(0, from));
}

function beginWithPerson(kept: readonly BaseMessage[], question: BaseMessage | undefined): BaseMessage[] {
  if (question === undefined) return [...kept];
  if (!kept.includes(question)) return [question, ...kept];
  return kept.slice(kept.findIndex((message) => HumanMessage.isInstance(message)));
}

/** Models refuse a result whose call they are not shown. */
function withoutLostResults(kept: readonly BaseMessage[]): BaseMessage[] {
  const called = new Set<string | undefined>();
  return kept.filter((message) => {
    if (AIMessage.isInstance(message)) for (const { id } of message.tool_calls ?? []) called.add(id);
    return !ToolMessage.isInstance(message) || called.has(message.tool_call_id);
  });
}
