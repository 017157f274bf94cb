import { type Answer, by } from '../answer.ts';
import type { Conversation } from '../conversation.ts';
import { partsOf } from './kinds.ts';

/** The parts of the question as a numbered list. */
export function split({ question }: Conversation): Answer {
  return by('Split', partsOf(question).map((part, i) => `${i + 1}. ${part}`).join('\n'));
}
