import type { AIMessage, ToolMessage } from '@langchain/core/messages';
import { currentCallSite } from './call-site';
import { toolMessageOf } from './messages';

/** Options of {@link callTool}. */
export interface CallToolOptions {
  /** Id of the call: the model's, or one of the graph's own, unique within the run. */
  readonly id: string;
  /** Model-facing name `<server>__<tool>`. */
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/**
 * Calls one tool from inside a node. A refusal and an error of the tool come back as a message with status `error`, for the model to read.
 * @throws the run's error when the tool router cannot be reached; let it pass, retries are done by then.
 */
export async function callTool(options: CallToolOptions): Promise<ToolMessage> {
  const { port, site } = currentCallSite();
  const reply = await port.tool(site, { toolCallId: options.id, name: options.name, args: options.args });
  return toolMessageOf(reply.message);
}

/** Calls all tools that a model's message asks for, at the same time; the answers come in the order of the calls. */
export async function callTools(message: AIMessage): Promise<ToolMessage[]> {
  const calls = message.tool_calls ?? [];
  return Promise.all(
    calls.map((call, i) => callTool({ id: call.id ?? `${message.id ?? 'call'}-${i}`, name: call.name, args: call.args as CallToolOptions['args'] })),
  );
}
