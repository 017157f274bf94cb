import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { COUNT, MESSAGES, MODEL, TEXT, TEXTS, conversationInput, object, toolGlobs } from '../building-blocks/schemas';

/** JSON Schemas of plan-execute-review. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('PlanExecuteReviewInput'),
  output: object('PlanExecuteReviewOutput', { messages: MESSAGES }),
  state: object('PlanExecuteReviewState', {
    messages: MESSAGES,
    steps: TEXTS,
    rounds: COUNT,
    revisions: COUNT,
    verdict: { enum: ['pending', 'accepted', 'sent-back', 'limit-reached'] },
    feedback: TEXT,
  }),
  config: object('PlanExecuteReviewConfig', { tools: toolGlobs('the executor is offered'), model: MODEL }),
};
