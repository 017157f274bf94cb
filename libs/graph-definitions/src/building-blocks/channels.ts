import type { BaseMessage } from '@langchain/core/messages';
import { Annotation, messagesStateReducer } from '@langchain/langgraph';

/** The conversation; a message with a known id takes the other one's place. */
export const messagesChannel = () => Annotation<BaseMessage[]>({ reducer: messagesStateReducer, default: () => [] });

/** Holds what was written last. @param initial makes the first value, for every run anew */
export const lastValue = <T>(initial: () => T) => Annotation<T>({ reducer: (_, next) => next, default: initial });

/** Collects what tasks of one superstep write; `new Overwrite([])` empties it for the next run of the thread. */
export const collected = <T>() => Annotation<T[]>({ reducer: (before, more) => [...before, ...more], default: () => [] });
