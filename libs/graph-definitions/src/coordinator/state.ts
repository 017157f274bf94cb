import type { MessageContent } from '@langchain/core/messages';
import { Annotation } from '@langchain/langgraph';
import type { AgentAnswer } from '@holdfast/agent-runtime/graph';
import { collected, lastValue, messagesChannel } from '../building-blocks/channels';
import type { SpecialistName } from '../building-blocks/specialists';

/** A task and who is to do it. */
export interface Assignment {
  readonly specialist: SpecialistName;
  readonly task: string;
}

/** What a specialist came to. */
export interface Finding extends Assignment {
  /** Place of the task in the plan, from 0. */
  readonly index: number;
  /** `done`, or the code of the error. */
  readonly outcome: string;
  /** Content of a message: a long text is a reference. */
  readonly content: MessageContent;
  /** What it used of its budget; null when it failed. */
  readonly spent: AgentAnswer['spent'] | null;
}

/** State of coordinator. All but `messages` is about the current run; node `assign` starts it anew. */
export const CoordinatorState = Annotation.Root({
  messages: messagesChannel(),
  assignments: lastValue<Assignment[]>(() => []),
  findings: collected<Finding>(),
});

/** See {@link CoordinatorState}. */
export type CoordinatorState = typeof CoordinatorState.State;

/** What one specialist gets. */
export interface SpecialistState extends Assignment {
  readonly index: number;
  /** The whole request, for context. */
  readonly request: MessageContent;
}
