import type { SystemMessage } from '@langchain/core/messages';
import { HANDOFF_FORM } from '../building-blocks/model-texts';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';
import { SPECIALISTS, type SpecialistName } from '../building-blocks/specialists';

const AGENT = 'supervisor';

/** System prompt of the supervisor. @param problem with the last decision, empty without one */
export function supervisorPrompt(problem: string): SystemMessage {
  return systemPrompt(
    'supervisor',
    AGENT,
    'You do not work on the request yourself: you hand tasks to specialists, one at a time. What they reported follows the request.',
    ...SPECIALISTS.listed(),
    'When something is missing that a specialist can find out, reply with one line and nothing else, the task complete in itself:',
    HANDOFF_FORM,
    'When nothing is missing, or nobody can find it out, reply with the word FINISH.',
    ...(problem === '' ? [] : [`Your last decision could not be followed: ${problem}`]),
  );
}

/** System prompt of a specialist. */
export function specialistPrompt(name: SpecialistName): SystemMessage {
  return systemPrompt(
    name,
    AGENT,
    `You are the specialist who ${SPECIALISTS.skillOf(name)}. Do the task of the supervisor with the tools that are offered, and report briefly.`,
    ONLY_WHAT_IS_KNOWN,
  );
}

/** System prompt for the answer to the person. */
export function speakerPrompt(): SystemMessage {
  return systemPrompt(
    'speaker',
    AGENT,
    'Specialists worked on the request; their reports follow it. Answer the person from them.',
    ONLY_WHAT_IS_KNOWN,
  );
}
