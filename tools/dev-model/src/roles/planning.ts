import { type Answer, by } from '../answer.ts';
import type { Conversation } from '../conversation.ts';
import { asksAboutWorkspace, listedPackages } from '../workspace-survey.ts';

/** The planner's answer: numbered steps made from the question. */
export function plan(conversation: Conversation): Answer {
  const { question } = conversation;
  let steps = ['Read the question again.', 'Answer it from the conversation and say who answers.'];
  if (asksAboutWorkspace(question)) {
    steps = [
      'Ask which folder may be read and list it.',
      'List the folders that hold packages (apps, libs, tools and the like).',
      "Read each package's README.md, or its package.json where there is no README.",
      'Write a short summary that names every package and what it is for.',
    ];
  } else if (/\d/.test(question)) steps = ['Give the numbers of the question to the tool that adds.', 'State the sum.'];
  else if (/^\s*echo\b/i.test(question)) steps = ['Send the words through the echo tool.', 'State what it answered.'];
  const list = steps.map((step, i) => `${i + 1}. ${step}`).join('\n');
  return by('Planned', list);
}

/** The reviewer's answer: `ACCEPT`, or `REVISE: …` with the package folders that the answer does not mention. */
export function review(conversation: Conversation): Answer {
  const answer = conversation.answer ?? '';
  const verdict = (text: string): Answer => by('Reviewed', text);
  if (answer.trim() === '') return verdict('REVISE: there is no answer yet.');
  const packages = listedPackages(conversation);
  const missing = packages.filter((folder) => !answer.includes(folder));
  if (missing.length > 0) return verdict(`REVISE: the answer does not mention ${missing.join(', ')}.`);
  return verdict(packages.length > 0 ? `ACCEPT: the answer mentions all ${packages.length} package folders that the tools listed.` : 'ACCEPT');
}
