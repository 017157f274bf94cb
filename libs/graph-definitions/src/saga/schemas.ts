import type { GraphSchemas, JsonSchema } from '@holdfast/agent-runtime/graph';
import { CONTENT, MESSAGES, TEXT, TEXTS, listOf, object } from '../building-blocks/schemas';

/** Steps of one run: with all of them taken back, it stays below the 100 supersteps that a run has unless it asks for more. */
export const MOST_STEPS = 45;

const outcome = { enum: ['pending', 'completed', 'compensated', 'compensation-failed'] };
const call = { tool: { type: 'string', minLength: 1 }, args: { type: 'object' } };
const step: JsonSchema = {
  ...object('SagaStep', { name: { type: 'string', minLength: 1, maxLength: 100 }, ...call, compensate: object('SagaCall', call, ['tool']) }, ['name', 'tool']),
  description: 'A tool call and the call that takes it back. An argument {"$result": "<step>"} stands for what an earlier step returned.',
};
const steps: JsonSchema = { type: 'array', items: step, minItems: 1, maxItems: MOST_STEPS };
const record = (status: readonly string[]): JsonSchema => listOf(object('Record', { name: TEXT, status: { enum: status }, content: CONTENT }));
const records = record(['done', 'failed', 'unknown']);
const compensations = record(['done', 'failed']);

/** JSON Schemas of saga. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: object('SagaInput', { steps, messages: MESSAGES }, ['steps']),
  output: object('SagaOutput', { messages: MESSAGES, outcome, records, compensations }),
  state: object('SagaState', { messages: MESSAGES, steps, records, due: TEXTS, compensations, outcome, cancelled: { type: 'boolean' } }),
  config: object('SagaConfig', {}),
};
