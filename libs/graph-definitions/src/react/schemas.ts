import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { COUNT, MESSAGES, MODEL, bounded, conversationInput, object, toolGlobs } from '../building-blocks/schemas';
import { CONTEXT_TOKENS, ROUNDS } from './limits';

const outcome = { enum: ['working', 'answered', 'out-of-rounds', 'stalled'] };

/** JSON Schemas of react. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('ReactInput'),
  output: object('ReactOutput', { messages: MESSAGES, outcome }),
  state: object('ReactState', { messages: MESSAGES, rounds: COUNT, failures: COUNT, outcome }),
  config: object('ReactConfig', {
    tools: toolGlobs('the model is offered'),
    max_rounds: bounded(ROUNDS, 'Rounds of tool calls.'),
    max_context_tokens: bounded(CONTEXT_TOKENS, 'Tokens of the conversation that the model is shown, about.'),
    model: MODEL,
  }),
};
