import type { ToolReply } from '../api';
import type { ToolCall } from './call-port';
import { currentCallSite } from './call-site';
import { askPerson } from './open-questions';
import type { UnknownOutcomeDecision } from './outcome-question';

/** Code of an answer that says: the tool may have taken effect, and calling it again could do it twice. Made by the tool router. */
const OUTCOME_UNKNOWN = 'TOOL_OUTCOME_UNKNOWN';

/** Turns an outcome that nobody knows into a question to a person; other replies pass. Inside of the node that made the call. */
export async function settleUnknown(call: ToolCall, reply: ToolReply): Promise<ToolReply> {
  let latest = reply;
  while (latest.outcome.code === OUTCOME_UNKNOWN) {
    const decision = await askPerson(currentCallSite(), {
      kind: 'tool-outcome-unknown',
      tool: call.name,
      args: call.args,
      tool_call_id: call.toolCallId,
      reason: String(latest.message.content),
    });
    if (decision.decision !== 'repeat') return settled(latest, decision);
    // The place of the call as of now: an answer changes the name of the calls behind it.
    const { port, site } = currentCallSite();
    latest = await port.tool(site, call);
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
