import type { SystemMessage } from '@langchain/core/messages';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';

const AGENT = 'debate';

/** What judges weigh, one after the other; a panel that weighs the same three times votes the same three times. */
const LENSES = ['correct and covered by what was found out', 'complete', 'clear and short'];

/** System prompt of a debater. */
export function debaterPrompt(debater: number, debaters: number, round: number, rounds: number): SystemMessage {
  return systemPrompt(
    'debater',
    AGENT,
    `You are debater ${debater} of ${debaters}, in round ${round} of ${rounds}.`,
    'Give your own complete answer to the request; a panel chooses the best answer of the last round.',
    round === 1
      ? 'Use the tools that are offered to find out what you do not know.'
      : 'The answers of the round before follow the request, yours among them. Take over what is right in others, contradict what is wrong, mend your own.',
    ONLY_WHAT_IS_KNOWN,
  );
}

/** System prompt of a judge. */
export function judgePrompt(judge: number, judges: number): SystemMessage {
  return systemPrompt(
    'judge',
    AGENT,
    `You are judge ${judge} of ${judges}. Above all weigh which answer is ${LENSES[(judge - 1) % LENSES.length]}.`,
    'Reply with VOTE: and the number of the debater in the first line, then one sentence why.',
  );
}
