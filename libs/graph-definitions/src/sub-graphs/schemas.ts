import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { CONTENT, MESSAGES, MODEL, bounded, conversationInput, object, toolGlobs } from '../building-blocks/schemas';
import { ROUNDS } from '../react/limits';

const verdict = { enum: ['pending', 'accepted', 'sent-back', 'limit-reached'] };

/** JSON Schemas of sub-graphs. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('SubGraphsInput'),
  output: object('SubGraphsOutput', { messages: MESSAGES, verdict }),
  state: object('SubGraphsState', { messages: MESSAGES, draft: CONTENT, verdict }),
  config: object('SubGraphsConfig', {
    tools: toolGlobs('the research is offered'),
    max_rounds: bounded(ROUNDS, 'Rounds of tool calls of the research.'),
    model: MODEL,
  }),
};
