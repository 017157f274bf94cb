import type { SystemMessage } from '@langchain/core/messages';
import { ONLY_WHAT_IS_KNOWN, systemPrompt } from '../building-blocks/prompts';

const AGENT = 'plan-execute-review';

/** How the planner marks its message in the conversation. */
export const PLANNER_NAME = 'planner';

/** System prompt of the planner. */
export function plannerPrompt(maxSteps: number): SystemMessage {
  return systemPrompt(
    'planner',
    AGENT,
    `Write a plan for the request of the person: a numbered list of at most ${maxSteps} short steps, one line each, and nothing else.`,
    'The executor can call tools that read files and folders. Do not answer the request yourself.',
  );
}

/** System prompt of the executor. */
export function executorPrompt(plan: readonly string[]): SystemMessage {
  return systemPrompt(
    'executor',
    AGENT,
    'Carry out the plan with the tools that are offered. Call several tools at once when they do not depend on each other.',
    'When you have what you need, answer the person without calling a tool.',
    ONLY_WHAT_IS_KNOWN,
    'When a message begins with REVISE, the reviewer found a fault in your answer: mend it and answer again in full.',
    '',
    'The plan:',
    ...plan.map((step, i) => `${i + 1}. ${step}`),
  );
}

/** System prompt of the reviewer. */
export function reviewerPrompt(plan: readonly string[]): SystemMessage {
  return systemPrompt(
    'reviewer',
    AGENT,
    'Judge the last answer of the conversation: does it answer the request, completely, and is it covered by what the tools returned?',
    'Reply with ACCEPT when it does. Otherwise reply with REVISE: and one or two sentences that say what to change.',
    '',
    'The plan was:',
    ...plan.map((step, i) => `${i + 1}. ${step}`),
  );
}
