import type { SystemMessage } from '@langchain/core/messages';
import type { JsonSchema } from '@holdfast/agent-runtime/graph';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';
import { MOST_BYTES } from './limits';

const AGENT = 'structured-output';

/** System prompt of the worker. */
export function workerPrompt(): SystemMessage {
  return systemPrompt(
    'worker',
    AGENT,
    'Find out what the request of the person needs, with the tools that are offered, and say what you found in words. Somebody else writes the answer.',
    ONLY_WHAT_IS_KNOWN,
  );
}

/** System prompt of the formatter. MAINTENANCE: tools/dev-model/src/roles/formatting.ts reads the schema from its last line. */
export function formatterPrompt(schema: JsonSchema): SystemMessage {
  return systemPrompt(
    'formatter',
    AGENT,
    `Write what was found as JSON that fits the schema: nothing but the JSON, at most ${MOST_BYTES} bytes.`,
    'When problems with your last answer follow, write all of it again without them.',
    ONLY_WHAT_IS_KNOWN,
    'The schema:',
    JSON.stringify(schema),
  );
}
