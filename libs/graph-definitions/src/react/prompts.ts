import type { SystemMessage } from '@langchain/core/messages';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';
import type { Outcome } from './state';

const END_OF_WORK: Readonly<Record<Exclude<Outcome, 'answered'>, string>> = {
  working: 'Call several tools at once when they do not depend on each other. When you have what you need, answer without calling a tool.',
  'out-of-rounds': 'You have no calls left. Answer now with what you have, and say what is missing.',
  stalled: 'The tools failed again and again, and no more calls are allowed. Answer now with what you have, and say what failed.',
};

/** System prompt of the thinker. */
export function thinkerPrompt(outcome: Exclude<Outcome, 'answered'>): SystemMessage {
  return systemPrompt(
    'thinker',
    'react',
    'Work on the request of the person in rounds: think about what is missing, call tools, read what they return.',
    'A tool that failed: mend the arguments or try another way; do not repeat the same call.',
    END_OF_WORK[outcome],
    ONLY_WHAT_IS_KNOWN,
  );
}
