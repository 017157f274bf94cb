import { Annotation } from '@langchain/langgraph';
import { lastValue, messagesChannel } from '../building-blocks/channels';

/** How the review ended; `limit-reached`: sent back once too often, the answer stands as it is. */
export type Verdict = 'pending' | 'accepted' | 'sent-back' | 'limit-reached';

/** State of plan-execute-review. All but `messages` is about the current run; node `plan` starts it anew. */
export const PlanExecuteReviewState = Annotation.Root({
  messages: messagesChannel(),
  /** Of the plan. */
  steps: lastValue<string[]>(() => []),
  /** Executor calls since the plan or the last objection. */
  rounds: lastValue<number>(() => 0),
  revisions: lastValue<number>(() => 0),
  verdict: lastValue<Verdict>(() => 'pending'),
  /** The reviewer's last objection, empty without one. */
  feedback: lastValue<string>(() => ''),
});

/** See {@link PlanExecuteReviewState}. */
export type PlanExecuteReviewState = typeof PlanExecuteReviewState.State;
