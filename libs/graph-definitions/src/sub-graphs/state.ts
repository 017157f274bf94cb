import type { MessageContent } from '@langchain/core/messages';
import { Annotation } from '@langchain/langgraph';
import { lastValue, messagesChannel } from '../building-blocks/channels';

/** How the editing ended; `limit-reached`: sent back once too often, the draft stands as it is. */
export type Verdict = 'pending' | 'accepted' | 'sent-back' | 'limit-reached';

/** State of the parent; what its sub-graphs do not share stays in them. */
export const ParentState = Annotation.Root({
  messages: messagesChannel(),
  /** What is to be published. */
  draft: lastValue<MessageContent>(() => ''),
  verdict: lastValue<Verdict>(() => 'pending'),
});

/** See {@link ParentState}. */
export type ParentState = typeof ParentState.State;

/** State of the sub-graph `editing`: shares `messages`, `draft` and `verdict` with its parent. */
export const EditingState = Annotation.Root({
  messages: messagesChannel(),
  draft: lastValue<MessageContent>(() => ''),
  verdict: lastValue<Verdict>(() => 'pending'),
  /** What the person wants changed, empty without a wish. */
  remarks: lastValue<string>(() => ''),
  /** Drafts written. */
  drafts: lastValue<number>(() => 0),
  /** What was wrong with the person's last answer, empty when it could be read. */
  problem: lastValue<string>(() => ''),
});

/** See {@link EditingState}. */
export type EditingState = typeof EditingState.State;
