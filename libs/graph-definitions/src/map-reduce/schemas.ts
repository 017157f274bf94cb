import type { GraphSchemas } from '@holdfast/agent-runtime/graph';
import { CONTENT, COUNT, MESSAGES, MODEL, TEXT, TEXTS, bounded, conversationInput, listOf, object, toolGlobs } from '../building-blocks/schemas';
import { WORKERS } from './limits';

const findings = listOf(object('Finding', { index: COUNT, task: TEXT, content: CONTENT }));

/** JSON Schemas of map-reduce. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('MapReduceInput'),
  output: object('MapReduceOutput', { messages: MESSAGES, findings }),
  state: object('MapReduceState', { messages: MESSAGES, tasks: TEXTS, findings }),
  config: object('MapReduceConfig', {
    tools: toolGlobs('every worker is offered'),
    max_workers: bounded(WORKERS, 'Tasks that the request is split into at most; as many workers run at the same time.'),
    model: MODEL,
  }),
};
