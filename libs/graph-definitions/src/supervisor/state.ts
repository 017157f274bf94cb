import type { MessageContent } from '@langchain/core/messages';
import { Annotation } from '@langchain/langgraph';
import { collected, lastValue, messagesChannel } from '../building-blocks/channels';
import type { SpecialistName } from '../building-blocks/specialists';

/** What a specialist did for the supervisor. */
export interface Report {
  readonly specialist: SpecialistName;
  readonly task: string;
  readonly content: MessageContent;
}

/** State of supervisor. All but `messages` is about the current run; node `receive` starts it anew. */
export const SupervisorState = Annotation.Root({
  messages: messagesChannel(),
  /** What the specialist at work is to do. */
  task: lastValue<string>(() => ''),
  reports: collected<Report>(),
  /** Decisions of the supervisor that named somebody, whether there is such a specialist or not. */
  handoffs: lastValue<number>(() => 0),
  /** What was wrong with the supervisor's last decision, empty when it could be followed. */
  problem: lastValue<string>(() => ''),
});

/** See {@link SupervisorState}. */
export type SupervisorState = typeof SupervisorState.State;
