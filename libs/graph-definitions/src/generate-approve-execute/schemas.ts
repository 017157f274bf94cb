import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { MESSAGES, MODEL, TEXT, conversationInput, object, toolGlobs } from '../building-blocks/schemas';

const verdict = { enum: ['pending', 'approved', 'edited', 'rejected', 'none'] };
const proposal = { anyOf: [object('Proposal', { id: TEXT, tool: TEXT, args: { type: 'object' } }, ['id', 'tool', 'args']), { type: 'null' }] };

/** JSON Schemas of generate-approve-execute. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('ApprovalInput'),
  output: object('ApprovalOutput', { messages: MESSAGES, verdict, reason: TEXT, proposal }),
  state: object('ApprovalState', { messages: MESSAGES, proposal, verdict, reason: TEXT, problem: TEXT }),
  config: object('ApprovalConfig', { tools: toolGlobs('the model may propose'), model: MODEL }),
};
