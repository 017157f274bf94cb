import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { CONTENT, COUNT, MESSAGES, MODEL, TEXT, bounded, conversationInput, listOf, object } from '../building-blocks/schemas';
import { HANDOFFS } from './limits';
import { SPECIALISTS } from '../building-blocks/specialists';

const reports = listOf(object('Report', { specialist: { enum: SPECIALISTS.names }, task: TEXT, content: CONTENT }));

/** JSON Schemas of supervisor. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('SupervisorInput'),
  output: object('SupervisorOutput', { messages: MESSAGES, reports }),
  state: object('SupervisorState', { messages: MESSAGES, task: TEXT, reports, handoffs: COUNT, problem: TEXT }),
  config: object('SupervisorConfig', {
    ...SPECIALISTS.toolChoices,
    max_handoffs: bounded(HANDOFFS, 'Handoffs, after which the supervisor answers with what there is.'),
    model: MODEL,
  }),
};
