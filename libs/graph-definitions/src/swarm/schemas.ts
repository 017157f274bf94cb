import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { COUNT, MESSAGES, MODEL, bounded, conversationInput, object, toolGlobs } from '../building-blocks/schemas';
import { HANDOFFS } from './limits';
import { PEER_NAMES } from './peers';

const active = { enum: PEER_NAMES };

/** JSON Schemas of swarm. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('SwarmInput'),
  output: object('SwarmOutput', { messages: MESSAGES, active }),
  state: object('SwarmState', { messages: MESSAGES, active, handoffs: COUNT, rounds: COUNT }),
  config: object('SwarmConfig', {
    ...Object.fromEntries(PEER_NAMES.map((name) => [`${name}_tools`, toolGlobs(`the ${name} is offered`)])),
    max_handoffs: bounded(HANDOFFS, 'Handoffs of one run.'),
    model: MODEL,
  }),
};
