import type { MessageContent } from '@langchain/core/messages';
import { Annotation } from '@langchain/langgraph';
import { collected, lastValue, messagesChannel } from '../building-blocks/channels';

/** A tool call of a saga. An argument `{ "$result": "<step>" }` stands for what that step returned. */
export interface SagaCall {
  /** Model-facing name `<server>__<tool>`. */
  readonly tool: string;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** A step with what takes it back; a step without `compensate` has nothing to take back. */
export interface SagaStep extends SagaCall {
  readonly name: string;
  readonly compensate?: SagaCall;
}

/** `unknown`: nobody knows whether the call took effect. */
export type StepStatus = 'done' | 'failed' | 'unknown';

/** What became of a step. */
export interface StepRecord {
  readonly name: string;
  readonly status: StepStatus;
  readonly content: MessageContent;
}

/** What became of taking a step back. */
export interface CompensationRecord {
  readonly name: string;
  readonly status: 'done' | 'failed';
  readonly content: MessageContent;
}

/** `compensation-failed`: something is left that a person must take back. */
export type Outcome = 'pending' | 'completed' | 'compensated' | 'compensation-failed';

/** State of saga. `steps` is the input of the run; the rest is about it, and node `begin` starts it anew. */
export const SagaState = Annotation.Root({
  messages: messagesChannel(),
  steps: lastValue<SagaStep[]>(() => []),
  /** Of the steps that were tried, in order. */
  records: collected<StepRecord>(),
  /** Names of the steps that are still to be taken back, the next one first. */
  due: lastValue<string[]>(() => []),
  compensations: collected<CompensationRecord>(),
  outcome: lastValue<Outcome>(() => 'pending'),
  /** The run was cancelled, and takes back what it did. */
  cancelled: lastValue<boolean>(() => false),
});

/** See {@link SagaState}. */
export type SagaState = typeof SagaState.State;
