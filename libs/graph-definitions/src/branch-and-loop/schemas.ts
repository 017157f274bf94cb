import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { COUNT, MESSAGES, MODEL, TEXT, bounded, conversationInput, object, toolGlobs } from '../building-blocks/schemas';
import { ATTEMPTS } from './limits';
import { ROUTES } from './state';

const route = { enum: [...ROUTES] };
const verdict = { enum: ['pending', 'accepted', 'sent-back', 'limit-reached'] };

/** JSON Schemas of branch-and-loop. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('BranchInput'),
  output: object('BranchOutput', { messages: MESSAGES, route, verdict }),
  state: object('BranchState', { messages: MESSAGES, route, attempts: COUNT, verdict, feedback: TEXT }),
  config: object('BranchConfig', {
    compute_tools: toolGlobs('the branch compute is offered'),
    look_up_tools: toolGlobs('the branch look-up is offered'),
    max_attempts: bounded(ATTEMPTS, 'Answers that are tried; the last one stands.'),
    model: MODEL,
  }),
};
