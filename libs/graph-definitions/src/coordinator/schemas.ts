import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { CONTENT, COUNT, MESSAGES, MODEL, TEXT, bounded, conversationInput, listOf, object } from '../building-blocks/schemas';
import { SPECIALISTS } from '../building-blocks/specialists';
import { CALLS, SECONDS, TASKS, TOKENS } from './limits';

const assignment = { specialist: TEXT, task: TEXT };
const spent = { anyOf: [object('Spent', { steps: COUNT, calls: COUNT, tokens: COUNT }), { type: 'null' }] };
const findings = listOf(object('Finding', { index: COUNT, ...assignment, outcome: TEXT, content: CONTENT, spent }));

/** JSON Schemas of coordinator. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('CoordinatorInput'),
  output: object('CoordinatorOutput', { messages: MESSAGES, findings }),
  state: object('CoordinatorState', { messages: MESSAGES, assignments: listOf(object('Assignment', assignment)), findings }),
  config: object('CoordinatorConfig', {
    ...SPECIALISTS.toolChoices,
    max_tasks: bounded(TASKS, 'Tasks of one run at most; as many specialists work at the same time.'),
    max_calls: bounded(CALLS, 'Model and tool calls of one specialist at most.'),
    max_tokens: bounded(TOKENS, 'Tokens that one specialist may use.'),
    max_seconds: bounded(SECONDS, 'Seconds that one specialist may take.'),
    model: MODEL,
  }),
};
