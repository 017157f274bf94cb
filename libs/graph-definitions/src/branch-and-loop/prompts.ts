import type { SystemMessage } from '@langchain/core/messages';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';
import { ROUTES, type Route } from './state';

const AGENT = 'branch-and-loop';

const KINDS: Readonly<Record<Route, string>> = {
  compute: 'something is to be calculated, or a service is to be called',
  'look-up': 'files or folders are to be read',
  talk: 'anything that needs no tool',
};

/** System prompt of the classifier. */
export function classifierPrompt(): SystemMessage {
  return systemPrompt(
    'classifier',
    AGENT,
    'Say of what kind the last request of the person is. Reply with one of these words and nothing else:',
    ...ROUTES.map((route) => `- ${route}: ${KINDS[route]}`),
  );
}

/** The kind that a classifier's text names; `talk` when it names none, because that branch can do no harm. */
export function routeOf(text: string): Route {
  const words = text.toLowerCase();
  return ROUTES.find((route) => new RegExp(`\\b${route}\\b`).test(words)) ?? 'talk';
}

/** System prompt of a branch. */
export function workerPrompt(route: Route): SystemMessage {
  return systemPrompt(
    'worker',
    AGENT,
    route === 'talk' ? 'Answer the person.' : 'Answer the person with the help of the tools that are offered.',
    'When a message begins with REVISE, a checker found a fault in your answer: mend it and answer again in full.',
    ONLY_WHAT_IS_KNOWN,
  );
}

/** System prompt of the checker. */
export function checkerPrompt(attempt: number, attempts: number): SystemMessage {
  return systemPrompt(
    'checker',
    AGENT,
    `This is attempt ${attempt} of ${attempts}. Does the last answer answer the request, completely?`,
    'Reply with ACCEPT when it does. Otherwise reply with REVISE: and one or two sentences that say what to change.',
  );
}
