import type { GraphSchemas, JsonSchema } from '@holdfast/agent-runtime/graph';
import { CONTENT, COUNT, MESSAGES, MODEL, TEXTS, bounded, conversationInput, object, toolGlobs } from '../building-blocks/schemas';
import { ATTEMPTS } from './limits';

/** What an answer looks like when the assistant says nothing else. */
export const DEFAULT_OUTPUT: JsonSchema = {
  ...object(
    'Answer',
    {
      answer: { type: 'string', minLength: 1, description: 'The answer in one or two sentences.' },
      facts: { type: 'array', items: { type: 'string' }, maxItems: 20, description: 'What it rests on, one statement each.' },
      confidence: { enum: ['low', 'medium', 'high'] },
    },
    ['answer', 'facts', 'confidence'],
  ),
  additionalProperties: false,
};

/** JSON Schemas of structured-output. MAINTENANCE: state.ts. */
export const schemas: GraphSchemas = {
  input: conversationInput('StructuredInput'),
  output: object('StructuredOutput', { messages: MESSAGES, output: DEFAULT_OUTPUT }, ['output']),
  state: object('StructuredState', {
    messages: MESSAGES,
    findings: CONTENT,
    draft: CONTENT,
    attempts: COUNT,
    problems: TEXTS,
    output: { description: 'Fits config.configurable.output_schema; null while there is none.' },
  }),
  config: object('StructuredConfig', {
    output_schema: { type: 'object', description: 'JSON Schema (2020-12) of the output, in place of the declared one.' },
    tools: toolGlobs('the model is offered'),
    max_attempts: bounded(ATTEMPTS, 'Times that the model may try.'),
    model: MODEL,
  }),
};
