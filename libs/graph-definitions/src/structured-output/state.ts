import type { MessageContent } from '@langchain/core/messages';
import { Annotation } from '@langchain/langgraph';
import { lastValue, messagesChannel } from '../building-blocks/channels';

/** State of structured-output. All but `messages` is about the current run; node `work` starts it anew. */
export const StructuredState = Annotation.Root({
  messages: messagesChannel(),
  /** What was found out, in words. */
  findings: lastValue<MessageContent>(() => ''),
  /** The model's last attempt at the JSON, as it wrote it. */
  draft: lastValue<MessageContent>(() => ''),
  attempts: lastValue<number>(() => 0),
  /** What is wrong with the draft; empty when it fits. */
  problems: lastValue<string[]>(() => []),
  /** The answer: fits the schema, or null while there is none. */
  output: lastValue<unknown>(() => null),
});

/** See {@link StructuredState}. */
export type StructuredState = typeof StructuredState.State;
