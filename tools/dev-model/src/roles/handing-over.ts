import { type Answer, by } from '../answer.ts';
import type { Conversation } from '../conversation.ts';
import { execute } from '../execute.ts';
import { type Kind, kindOf, partsOf } from './kinds.ts';

const SPECIALISTS: Readonly<Record<Kind, string | undefined>> = { files: 'researcher', service: 'clerk', talk: undefined };
const PEERS: Readonly<Record<Kind, string>> = { files: 'librarian', service: 'clerk', talk: 'guide' };

/** Hands the next part of the question that nobody reported on to the specialist for it. */
export function supervise({ question, quotes }: Conversation): Answer {
  const reported = quotes.map(({ label }) => /^Report of the [a-z]+ \((.*)\)$/.exec(label)?.[1]);
  const next = partsOf(question).find((part) => SPECIALISTS[kindOf(part)] !== undefined && !reported.includes(part));
  return by('Decided', next === undefined ? 'FINISH' : `HANDOFF: ${SPECIALISTS[kindOf(next)]}: ${next}`);
}

/** Gives every part of the question to the specialist for it, as a numbered list. */
export function assign({ question }: Conversation): Answer {
  const tasks = partsOf(question).flatMap((part) => SPECIALISTS[kindOf(part)] === undefined ? [] : [`${SPECIALISTS[kindOf(part)]}: ${part}`]);
  return by('Assigned', tasks.length === 0 ? 'NONE' : tasks.map((task, i) => `${i + 1}. ${task}`).join('\n'));
}

/** Answers what is of the own kind, and hands over what is not. */
export function speakAsPeer(conversation: Conversation): Answer {
  const { question, role, system } = conversation;
  const right = PEERS[kindOf(question)];
  if (right === role?.name || system.includes('cannot hand over any more')) return execute(conversation);
  return by('Decided', `HANDOFF: ${right}: ${question.split('\n')[0] ?? ''}`);
}
