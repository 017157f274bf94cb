import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { COUNT, MESSAGES, MODEL, bounded, conversationInput, object } from '../building-blocks/schemas';
import { HANDOFFS } from './limits';
import { PEERS } from './peers';

const active = { enum: PEERS.names };

/** JSON Schemas of swarm. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('SwarmInput'),
  output: object('SwarmOutput', { messages: MESSAGES, active }),
  state: object('SwarmState', { messages: MESSAGES, active, handoffs: COUNT, rounds: COUNT }),
  config: object('SwarmConfig', {
    ...PEERS.toolChoices,
    max_handoffs: bounded(HANDOFFS, 'Handoffs of one run.'),
    model: MODEL,
  }),
};
