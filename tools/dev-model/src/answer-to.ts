import type { Answer } from './answer.ts';
import type { Conversation } from './conversation.ts';
import { execute } from './execute.ts';
import { check, classify } from './roles/checking.ts';
import { debate, judge } from './roles/debating.ts';
import { format } from './roles/formatting.ts';
import { assign, speakAsPeer, supervise } from './roles/handing-over.ts';
import { plan, review } from './roles/planning.ts';
import { joinReports, reportCall, writeReport } from './roles/reporting.ts';
import { split } from './roles/splitting.ts';

/** By `<agent>/<role>` of the system prompt. MAINTENANCE: the prompts of libs/graph-definitions. Everybody else works on the question. */
const ROLES: Readonly<Record<string, (conversation: Conversation) => Answer>> = {
  'plan-execute-review/planner': plan,
  'plan-execute-review/reviewer': review,
  'generate-approve-execute/reporter': reportCall,
  'map-reduce/splitter': split,
  'map-reduce/synthesiser': joinReports,
  'debate/debater': debate,
  'debate/judge': judge,
  'supervisor/supervisor': supervise,
  'supervisor/speaker': joinReports,
  'coordinator/coordinator': assign,
  'coordinator/synthesiser': joinReports,
  'swarm/guide': speakAsPeer,
  'swarm/librarian': speakAsPeer,
  'swarm/clerk': speakAsPeer,
  'sub-graphs/writer': writeReport,
  'branch-and-loop/classifier': classify,
  'branch-and-loop/checker': check,
  'structured-output/formatter': format,
};

/** Answers a conversation by its role. Pure and deterministic. */
export function answerTo(conversation: Conversation): Answer {
  const { role } = conversation;
  const rule = role === undefined ? undefined : ROLES[`${role.agent}/${role.name}`];
  return (rule ?? execute)(conversation);
}
