import type { BaseMessage } from '@langchain/core/messages';
import { Annotation, messagesStateReducer } from '@langchain/langgraph';

/** How the review ended; `limit-reached`: sent back once too often, the answer stands as it is. */
export type Verdict = 'pending' | 'accepted' | 'sent-back' | 'limit-reached';

/** State of plan-execute-review. All but `messages` is about the current run; node `plan` starts it anew. */
export const PlanExecuteReviewState = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: messagesStateReducer, default: () => [] }),
  /** Of the plan. */
  steps: Annotation<string[]>({ reducer: (_, next) => next, default: () => [] }),
  /** Executor calls since the plan or the last objection. */
  rounds: Annotation<number>({ reducer: (_, next) => next, default: () => 0 }),
  revisions: Annotation<number>({ reducer: (_, next) => next, default: () => 0 }),
  verdict: Annotation<Verdict>({ reducer: (_, next) => next, default: () => 'pending' as const }),
  /** The reviewer's last objection, empty without one. */
  feedback: Annotation<string>({ reducer: (_, next) => next, default: () => '' }),
});

/** See {@link PlanExecuteReviewState}. */
export type PlanExecuteReviewState = typeof PlanExecuteReviewState.State;
