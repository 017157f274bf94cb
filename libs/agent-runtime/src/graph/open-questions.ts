import { interrupt } from '@langchain/langgraph';
import type { NodeExecution } from './call-site';
import { type UnknownOutcomeDecision, type UnknownOutcomeQuestion, decisionOf } from './outcome-question';

/** A call that waits for what a person decides about it. */
interface OpenQuestion {
  readonly asked: UnknownOutcomeQuestion;
  resolve(decision: UnknownOutcomeDecision): void;
  reject(error: unknown): void;
}

const HOW = 'resume with { decision: "happened" | "failed" | "repeat", result?: text, tool_call_id?: the call that is meant }';

interface Scope {
  __holdfastOpenQuestions?: WeakMap<object, OpenQuestion[]>;
}

/** Those of a task's execution. The SDK keeps properties of the global object apart per workflow; a module's own are shared. */
function openOf({ key }: NodeExecution): OpenQuestion[] {
  const scope = globalThis as unknown as Scope;
  const all = (scope.__holdfastOpenQuestions ??= new WeakMap());
  const open = all.get(key) ?? [];
  all.set(key, open);
  return open;
}

/**
 * Asks a person about one call of the node that is being executed.
 *
 * LangGraph hands a task's answers out by the order in which they are asked for, and calls that are made at the same time answer in another
 * order each time. So questions wait until no other call of the task is under way, and stand in the order of what they are about; when
 * several stand, an answer must say which one it means. The same answer then comes to the same call however often the task is executed.
 */
export function askPerson(execution: NodeExecution, asked: UnknownOutcomeQuestion): Promise<UnknownOutcomeDecision> {
  return new Promise((resolve, reject) => {
    const open = openOf(execution);
    open.push({ asked, resolve, reject });
    open.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
    if (open.length === 1) void handOut(execution, open);
  });
}

async function handOut({ port, site }: NodeExecution, open: OpenQuestion[]): Promise<void> {
  let problem: string | undefined;
  while (open.length > 0) {
    try {
      await port.settled?.(site);
      problem = answerOne(open, problem);
    } catch (error) {
      // LangGraph stops a node by what `interrupt` throws; none of its calls may be left waiting.
      for (const { reject } of open.splice(0)) reject(error);
    }
  }
}

/** @returns what was wrong with the answer */
function answerOne(open: OpenQuestion[], problem: string | undefined): string | undefined {
  const { asked } = open[0]!;
  const decision = decisionOf(interrupt<UnknownOutcomeQuestion, unknown>(problem === undefined ? asked : { ...asked, problem }));
  if (decision === undefined) return HOW;
  const meant = decision.tool_call_id;
  if (meant === undefined && open.length > 1) return `${open.length} calls wait for an answer: ${HOW}`;
  const at = meant === undefined ? 0 : open.findIndex((other) => other.asked.tool_call_id === meant);
  if (at < 0) return `the call that is meant does not wait for an answer: ${HOW}`;
  open.splice(at, 1)[0]!.resolve(decision);
  return undefined;
}

function orderOf({ asked: { tool_call_id: id, tool, args } }: OpenQuestion): string {
  return JSON.stringify([id, tool, args]);
}
