import type { Conversation } from './conversation.ts';
import { echoStep, sumStep } from './small-tasks.ts';
import { callId, type PlannedCall } from './tool-choice.ts';
import { asksAboutWorkspace, type Finding, listedPackages, surveyWorkspace } from './workspace-survey.ts';

/** The name that the development model carries in every answer. */
export const DEV_MODEL = 'holdfast-dev';

/** What the model says: text, or tool calls with ids. */
export type Answer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly (PlannedCall & { readonly id: string })[] };

const NATURE = `${DEV_MODEL}, the development model: fixed rules, no reasoning`;

function signed(text: string, conversation: Conversation): Answer {
  const results = conversation.exchanges.filter((e) => e.result !== undefined).length;
  const origin = results > 0 ? `Composed from ${results} tool result${results === 1 ? '' : 's'}` : 'Answered';
  return { kind: 'text', text: `${text}\n\n(${origin} by ${NATURE}.)` };
}

function calls(conversation: Conversation, planned: readonly PlannedCall[]): Answer {
  return { kind: 'calls', calls: planned.map((call, i) => ({ ...call, id: callId(conversation, i, call) })) };
}

function reportOf(findings: readonly Finding[]): string {
  const containers = [...new Set(findings.map((f) => f.folder.split('/')[0] ?? ''))];
  const sections = containers.map((container) => {
    const lines = findings.filter((f) => f.folder.startsWith(`${container}/`)).map((f) => `- \`${f.folder}\`: ${f.description}`);
    return `**${container}**\n${lines.join('\n')}`;
  });
  return `This workspace has ${findings.length} packages in ${containers.length} folders (${containers.join(', ')}).\n\n${sections.join('\n\n')}`;
}

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
  return { kind: 'text', text: `${list}\n\n(Planned by ${NATURE}.)` };
}

/** The executor's answer: the next tool calls, or a text made of what the tools returned. */
export function execute(conversation: Conversation): Answer {
  const small = sumStep(conversation) ?? echoStep(conversation);
  if (small !== undefined) return 'call' in small ? calls(conversation, [small.call]) : signed(small.text, conversation);
  if (asksAboutWorkspace(conversation.question)) {
    const survey = surveyWorkspace(conversation);
    if (survey.next.length > 0) return calls(conversation, survey.next);
    if (survey.obstacle !== undefined) return signed(`I cannot survey the workspace: ${survey.obstacle}.`, conversation);
    const incomplete = conversation.directives.revise && !conversation.sentBack;
    return signed(reportOf(incomplete ? survey.findings.slice(0, -1) : survey.findings), conversation);
  }
  const offered = conversation.tools.length;
  const about = offered > 0 ? `${offered} tools are offered, and none of my rules fits your message` : 'No tools are offered';
  return signed(
    `You said: “${conversation.question.slice(0, 500)}”. ${about}. I survey workspaces, add numbers and echo words; ` +
      'set LLM_GATEWAY_URL and LLM_MODEL for a model that reasons.',
    conversation,
  );
}

/** The reviewer's answer: `ACCEPT`, or `REVISE: …` with the package folders that the answer does not mention. */
export function review(conversation: Conversation): Answer {
  const answer = conversation.answer ?? '';
  const verdict = (text: string): Answer => ({ kind: 'text', text: `${text}\n\n(Reviewed by ${NATURE}.)` });
  if (answer.trim() === '') return verdict('REVISE: there is no answer yet.');
  const packages = listedPackages(conversation);
  const missing = packages.filter((folder) => !answer.includes(folder));
  if (missing.length > 0) return verdict(`REVISE: the answer does not mention ${missing.join(', ')}.`);
  return verdict(packages.length > 0 ? `ACCEPT: the answer mentions all ${packages.length} package folders that the tools listed.` : 'ACCEPT');
}

/** Answers a conversation by its phase. Pure and deterministic. */
export function answerTo(conversation: Conversation): Answer {
  if (conversation.phase === 'planner') return plan(conversation);
  if (conversation.phase === 'reviewer') return review(conversation);
  return execute(conversation);
}
