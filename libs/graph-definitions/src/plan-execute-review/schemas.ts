import type { GraphSchemas, JsonSchema } from '@holdfast/agent-runtime/graph';

const message: JsonSchema = {
  type: 'object',
  description: 'A message of the LangGraph protocol; `role` with user, assistant, system or tool is accepted in place of `type`.',
  properties: {
    type: { enum: ['human', 'ai', 'system', 'tool'] },
    role: { type: 'string' },
    content: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'object' } }] },
    id: { type: 'string' },
    name: { type: 'string' },
    tool_calls: { type: 'array', items: { type: 'object' } },
    tool_call_id: { type: 'string' },
  },
  required: ['content'],
};

const messages: JsonSchema = { type: 'array', items: message, title: 'Messages' };

/** JSON Schemas of plan-execute-review. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: { title: 'PlanExecuteReviewInput', type: 'object', properties: { messages }, required: ['messages'] },
  output: { title: 'PlanExecuteReviewOutput', type: 'object', properties: { messages } },
  state: {
    title: 'PlanExecuteReviewState',
    type: 'object',
    properties: {
      messages,
      steps: { type: 'array', items: { type: 'string' } },
      rounds: { type: 'integer', minimum: 0 },
      revisions: { type: 'integer', minimum: 0 },
      verdict: { enum: ['pending', 'accepted', 'sent-back', 'limit-reached'] },
      feedback: { type: 'string' },
    },
  },
  config: {
    title: 'PlanExecuteReviewConfig',
    type: 'object',
    properties: {
      tools: { type: 'array', items: { type: 'string' }, description: 'Globs on tool names, for example filesystem__*.' },
      model: { type: 'string', description: 'Model to ask, as the gateway names it.' },
    },
  },
};
