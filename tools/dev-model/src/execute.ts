import { type Answer, calls, signed } from './answer.ts';
import type { Conversation } from './conversation.ts';
import { echoStep, sumStep } from './small-tasks.ts';
import { asksAboutWorkspace, type Finding, surveyWorkspace } from './workspace-survey.ts';

function reportOf(findings: readonly Finding[]): string {
  const containers = [...new Set(findings.map((f) => f.folder.split('/')[0] ?? ''))];
  const sections = containers.map((container) => {
    const lines = findings.filter((f) => f.folder.startsWith(`${container}/`)).map((f) => `- \`${f.folder}\`: ${f.description}`);
    return `**${container}**\n${lines.join('\n')}`;
  });
  return `This workspace has ${findings.length} packages in ${containers.length} folders (${containers.join(', ')}).\n\n${sections.join('\n\n')}`;
}

/** Works on the question: the next tool calls, or a text made of what the tools returned. */
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
