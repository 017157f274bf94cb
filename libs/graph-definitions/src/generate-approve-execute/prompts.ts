import type { SystemMessage } from '@langchain/core/messages';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';

const AGENT = 'generate-approve-execute';

/** System prompt of the proposer. */
export function proposerPrompt(): SystemMessage {
  return systemPrompt(
    'proposer',
    AGENT,
    'Propose the one tool call that carries out the request of the person, with complete arguments. A person decides on it before it is made.',
    'Only your first call counts. When a proposal of yours was refused, heed the reason. When no tool fits, say so without calling one.',
  );
}

/** System prompt of the reporter. */
export function reporterPrompt(): SystemMessage {
  return systemPrompt(
    'reporter',
    AGENT,
    'The call was approved and made. Tell the person in a sentence or two what was done and what came of it.',
    'The arguments may have been edited by the person who decided; report those that were used.',
    ONLY_WHAT_IS_KNOWN,
  );
}
