import { type Answer, by, unsigned } from '../answer.ts';
import type { Conversation } from '../conversation.ts';
import { execute } from '../execute.ts';

const PLACE = /You are debater (\d+) of \d+, in round (\d+) of \d+/;
const ANSWER = /^Answer of debater (\d+)$/;

/** Works on the question as anybody would, and says it at more length the higher the debater's number is. */
export function debate(conversation: Conversation): Answer {
  const worked = execute(conversation);
  if (worked.kind === 'calls') return worked;
  const [, debater = '1', round = '1'] = PLACE.exec(conversation.system) ?? [];
  const others = conversation.quotes.length === 0 ? '' : ` I have read ${conversation.quotes.length} answers.`;
  const padding = ' I checked it again.'.repeat(Number(debater) - 1);
  return by('Argued', `Debater ${debater}, round ${round}: ${unsigned(worked.text)}${others}${padding}`);
}

/** Votes for the longest answer when completeness counts, for the shortest when clarity does, and else for the first one. */
export function judge({ system, quotes }: Conversation): Answer {
  const answers = quotes.flatMap(({ label, text }) => {
    const debater = ANSWER.exec(label)?.[1];
    return debater === undefined ? [] : [{ debater, length: text.length }];
  });
  const longestFirst = [...answers].sort((a, b) => b.length - a.length);
  const best = /\bcomplete\b/.test(system) ? longestFirst[0] : /\bshort\b/.test(system) ? longestFirst.at(-1) : answers[0];
  return by('Voted', best === undefined ? 'There is no answer to vote for.' : `VOTE: ${best.debater}\nBy a fixed rule.`);
}
