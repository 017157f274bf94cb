import type { BaseMessage, MessageContent } from '@langchain/core/messages';
import { Annotation } from '@langchain/langgraph';
import { collected, lastValue, messagesChannel } from '../building-blocks/channels';

/** What a worker found. */
export interface Finding {
  /** Place of the task in the split, from 0. */
  readonly index: number;
  readonly task: string;
  /** Content of a message: a long text is a reference. */
  readonly content: MessageContent;
}

/** State of map-reduce. All but `messages` is about the current run; node `split` starts it anew. */
export const MapReduceState = Annotation.Root({
  messages: messagesChannel(),
  tasks: lastValue<string[]>(() => []),
  findings: collected<Finding>(),
});

/** See {@link MapReduceState}. */
export type MapReduceState = typeof MapReduceState.State;

/** What one worker gets. */
export interface WorkerState {
  readonly index: number;
  readonly task: string;
  /** The whole request, for context. */
  readonly request: readonly BaseMessage[];
}
