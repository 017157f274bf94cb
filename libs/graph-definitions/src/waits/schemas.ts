import type { GraphSchemas, JsonSchema } from '@holdfast/agent-runtime/graph';
import { MESSAGES, TEXT, object } from '../building-blocks/schemas';

const seconds = (description: string, fallback: number): JsonSchema => ({ type: 'number', minimum: 1, default: fallback, description });
const times = {
  coolingOffSeconds: seconds('How long nothing happens after the order', 86_400),
  paymentSeconds: seconds('How long a payment is waited for', 604_800),
};
const order = { type: 'string', minLength: 1, maxLength: 200, description: 'Number of the order' };
const outcome = { enum: ['pending', 'released', 'declined', 'unpaid'] };

/** JSON Schemas of waits. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: object('WaitsInput', { order, ...times }, ['order']),
  output: object('WaitsOutput', { messages: MESSAGES, outcome, payment: {} }),
  state: object('WaitsState', { messages: MESSAGES, order: TEXT, ...times, payment: {}, outcome }),
  config: object('WaitsConfig', {}),
};
