/** First lines by which people and the development model tell the phases apart. MAINTENANCE: tools/dev-model/src/conversation.ts. */
const PLANNER = 'You are the planner of a plan-execute-review agent.';
const EXECUTOR = 'You are the executor of a plan-execute-review agent.';
const REVIEWER = 'You are the reviewer of a plan-execute-review agent.';

/** How the planner marks its message in the conversation. */
export const PLANNER_NAME = 'planner';

/** System prompt of the planner. */
export function plannerPrompt(maxSteps: number): string {
  return [
    PLANNER,
    `Write a plan for the request of the person: a numbered list of at most ${maxSteps} short steps, one line each, and nothing else.`,
    'The executor can call tools that read files and folders. Do not answer the request yourself.',
  ].join('\n');
}

/** System prompt of the executor. */
export function executorPrompt(plan: readonly string[]): string {
  return [
    EXECUTOR,
    'Carry out the plan with the tools that are offered. Call several tools at once when they do not depend on each other.',
    'When you have what you need, answer the person without calling a tool. Say only what the tools returned or the person said;',
    'say so when something could not be found out.',
    'When a message begins with REVISE, the reviewer found a fault in your answer: mend it and answer again in full.',
    '',
    'The plan:',
    ...plan.map((step, i) => `${i + 1}. ${step}`),
  ].join('\n');
}

/** System prompt of the reviewer. */
export function reviewerPrompt(plan: readonly string[]): string {
  return [
    REVIEWER,
    'Judge the last answer of the conversation: does it answer the request, completely, and is it covered by what the tools returned?',
    'Reply with ACCEPT when it does. Otherwise reply with REVISE: and one or two sentences that say what to change.',
    '',
    'The plan was:',
    ...plan.map((step, i) => `${i + 1}. ${step}`),
  ].join('\n');
}
