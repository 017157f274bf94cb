import type { SystemMessage } from '@langchain/core/messages';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';
import { SPECIALISTS } from '../building-blocks/specialists';

const AGENT = 'coordinator';

/** System prompt of the coordinator. */
export function coordinatorPrompt(maxTasks: number): SystemMessage {
  return systemPrompt(
    'coordinator',
    AGENT,
    `Split the request of the person into at most ${maxTasks} tasks for specialists, who work at the same time and do not see each other's results.`,
    ...SPECIALISTS.listed(),
    'Reply with a numbered list and nothing else, one line per task, each complete in itself: <name of the specialist>: <task>',
    'When no specialist can help, reply with the word NONE.',
  );
}

/** System prompt for the answer to the person. */
export function synthesiserPrompt(): SystemMessage {
  return systemPrompt(
    'synthesiser',
    AGENT,
    'Specialists worked on the request; their reports follow it. Answer the request as a whole from the reports, without repeating yourself.',
    'Name contradictions between reports, and parts that were not done.',
    ONLY_WHAT_IS_KNOWN,
  );
}
