import { type Answer, by } from '../answer.ts';
import type { Conversation } from '../conversation.ts';
import { type Kind, kindOf } from './kinds.ts';

const ROUTES: Readonly<Record<Kind, string>> = { files: 'look-up', service: 'compute', talk: 'talk' };

/** The kind of the question as the classifier names it. */
export function classify({ question }: Conversation): Answer {
  return by('Classified', ROUTES[kindOf(question)]);
}

/** Accepts every answer, but the first one when the question says `revise:once`. */
export function check({ answer, directives, system }: Conversation): Answer {
  if ((answer ?? '').trim() === '') return by('Checked', 'REVISE: there is no answer yet.');
  const sendBack = directives.revise && system.includes('This is attempt 1 of');
  return by('Checked', sendBack ? 'REVISE: look again, and answer in full.' : 'ACCEPT');
}
