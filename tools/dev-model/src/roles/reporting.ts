import { type Answer, by, unsigned } from '../answer.ts';
import type { Conversation } from '../conversation.ts';

/** One answer made of what others reported, in their order. */
export function joinReports({ quotes }: Conversation): Answer {
  if (quotes.length === 0) return by('Answered', 'Nobody reported anything.');
  const lines = quotes.map(({ label, text }) => `- ${label.replace(/^Report (?:of the )?/, '')}: ${unsigned(text)}`);
  return by(`Joined from ${quotes.length} report${quotes.length === 1 ? '' : 's'}`, lines.join('\n'));
}

/** Says what came of a call that a person approved. */
export function reportCall({ exchanges }: Conversation): Answer {
  const made = exchanges.findLast(({ result }) => result !== undefined);
  if (made === undefined) return by('Reported', 'No call was made.');
  return by('Reported', `The call of ${made.name} with ${JSON.stringify(made.args)} returned: ${made.result?.trim() ?? ''}`);
}

/** A report made of what was found out, with the remarks of a person when there are any. */
export function writeReport({ question, answer, quotes }: Conversation): Answer {
  const remarks = quotes.find(({ label }) => label === 'Remarks')?.text;
  const report = [`Report on “${question}”`, unsigned(answer ?? 'Nothing was found out.')];
  if (remarks !== undefined) report.push(`Changed as asked: ${remarks}`);
  return by('Written', report.join('\n\n'));
}
