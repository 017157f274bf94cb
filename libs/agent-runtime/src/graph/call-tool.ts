import type { AIMessage, ToolMessage } from '@langchain/core/messages';
import type { CallPolicy, ToolReply } from '../api';
import type { CallChoices, ToolCall } from './call-port';
import { policyOf } from './call-policy';
import { currentCallSite } from './call-site';
import { toolMessageOf } from './messages';
import { settleUnknown } from './unknown-outcome';

/** Options of {@link callTool}. */
export interface CallToolOptions extends CallChoices, CallPolicy {
  /** Id of the call: the model's, or one of the graph's own, unique within the run. A node that is executed again finds its calls by it. */
  readonly id: string;
  /** Model-facing name `<server>__<tool>`. */
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/**
 * Calls one tool from inside a node. A refusal and an error of the tool come back as a message with status `error`, for the model to read.
 * When nobody knows whether the tool took effect, the run is interrupted with an {@link UnknownOutcomeQuestion}, and goes on with what a
 * person decides.
 * @throws HoldfastError when the tool router cannot be reached; retries are done by then. Let it pass, or give the node an {@link errorHandler}.
 */
export async function callTool(options: CallToolOptions): Promise<ToolMessage> {
  const call = toolCallOf(options);
  return settle(call, await make(call));
}

/** Calls all tools that a model's message asks for, at the same time; the answers come in the order of the calls. */
export async function callTools(message: AIMessage, choices: CallChoices & CallPolicy = {}): Promise<ToolMessage[]> {
  const calls = (message.tool_calls ?? []).map((call, i) =>
    toolCallOf({ id: call.id ?? `${message.id ?? 'call'}-${i}`, name: call.name, args: call.args as CallToolOptions['args'], ...choices }),
  );
  const replies = await Promise.all(calls.map(make));
  // Questions to people one after the other, so that an answer need not say which one it means.
  const messages: ToolMessage[] = [];
  for (const [i, call] of calls.entries()) messages.push(await settle(call, replies[i]!));
  return messages;
}

function toolCallOf({ id, name, args, lane, ...policy }: CallToolOptions): ToolCall {
  return { toolCallId: id, name, args, ...(lane === undefined ? {} : { lane }), ...policyOf<CallPolicy>(policy) };
}

function make(call: ToolCall): Promise<ToolReply> {
  const { port, site } = currentCallSite();
  return port.tool(site, call);
}

async function settle(call: ToolCall, reply: ToolReply): Promise<ToolMessage> {
  const final = await settleUnknown(call, reply);
  return toolMessageOf(final.message);
}
