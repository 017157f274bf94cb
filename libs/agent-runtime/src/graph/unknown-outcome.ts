import { interrupt } from '@langchain/langgraph';
import type { ToolReply } from '../api';
import type { CallPort, CallSite, ToolCall } from './call-port';

/** Code of an answer that says: the tool may have taken effect, and calling it again could do it twice. Made by the tool router. */
const OUTCOME_UNKNOWN = 'TOOL_OUTCOME_UNKNOWN';

/** What a person is asked about a call whose outcome nobody knows: the value of the interrupt. */
export interface UnknownOutcomeQuestion {
  readonly kind: 'tool-outcome-unknown';
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly tool_call_id: string;
  /** Why nobody knows. */
  readonly reason: string;
  /** What was wrong with the answer before; it is asked again then. */
  readonly problem?: string;
}

/** What a person may answer: the value to resume with. */
export type UnknownOutcomeDecision =
  | {
      readonly decision: 'happened';
      /** What the model reads as the tool's answer. */
      readonly result?: string;
    }
  | { readonly decision: 'failed'; readonly result?: string }
  /** Call the tool again. */
  | { readonly decision: 'repeat' };

/**
 * Turns an outcome that nobody knows into a question to a person; other replies pass.
 * @param siteNow the place of the call in its graph as of now: an answer changes the name of the calls behind it
 */
export async function settleUnknown(port: CallPort, siteNow: () => CallSite, call: ToolCall, reply: ToolReply): Promise<ToolReply> {
  let latest = reply;
  let problem: string | undefined;
  while (latest.outcome.code === OUTCOME_UNKNOWN) {
    const question: UnknownOutcomeQuestion = {
      kind: 'tool-outcome-unknown',
      tool: call.name,
      args: call.args,
      tool_call_id: call.toolCallId,
      reason: String(latest.message.content),
      ...(problem === undefined ? {} : { problem }),
    };
    const answer: unknown = interrupt<UnknownOutcomeQuestion, unknown>(question);
    const decision = decisionOf(answer);
    if (decision === undefined) {
      problem = 'resume with { decision: "happened" | "failed" | "repeat", result?: text }';
    } else if (decision.decision === 'repeat') {
      problem = undefined;
      latest = await port.tool(siteNow(), call);
    } else {
      return settled(latest, decision);
    }
  }
  return latest;
}

function settled(reply: ToolReply, { decision, result }: Exclude<UnknownOutcomeDecision, { decision: 'repeat' }>): ToolReply {
  const happened = decision === 'happened';
  const content = result ?? (happened ? 'A person has confirmed that the call took effect.' : 'A person has found that the call did not take effect.');
  const { code: _, ...outcome } = reply.outcome;
  return {
    message: { ...reply.message, content, status: happened ? 'success' : 'error' },
    outcome: happened ? { ...outcome, status: 'ok' } : { ...outcome, status: 'error', code: 'TOOL_FAILED' },
  };
}

/** By hand: a schema library would double the workflow bundle. */
function decisionOf(answer: unknown): UnknownOutcomeDecision | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { decision, result } = answer as { readonly decision?: unknown; readonly result?: unknown };
  if (result !== undefined && typeof result !== 'string') return undefined;
  if (decision === 'repeat') return { decision };
  if (decision === 'happened' || decision === 'failed') return { decision, ...(result === undefined ? {} : { result }) };
  return undefined;
}
