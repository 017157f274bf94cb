import { Annotation } from '@langchain/langgraph';
import { lastValue, messagesChannel } from '../building-blocks/channels';

/** How the work stands; `stalled`: every call of several rounds in a row failed. */
export type Outcome = 'working' | 'answered' | 'out-of-rounds' | 'stalled';

/** State of react. All but `messages` is about the current run; the first `think` starts it anew. */
export const ReactState = Annotation.Root({
  messages: messagesChannel(),
  /** Rounds of tool calls that were observed. */
  rounds: lastValue<number>(() => 0),
  /** Of these, the last ones in which every call failed. */
  failures: lastValue<number>(() => 0),
  outcome: lastValue<Outcome>(() => 'working'),
});

/** See {@link ReactState}. */
export type ReactState = typeof ReactState.State;
