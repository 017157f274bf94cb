import type { AgentCall, CallPort, ModelCall } from '@holdfast/agent-runtime/graph';

/** A tool call that a scripted model asks for. */
export interface WantedTool {
  /** `<server>__<tool>` */
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What answers in place of models and tools. */
export interface Script {
  /** The model's text, or the tools that it wants called. */
  model(call: { readonly node: string; readonly messages: ModelCall['messages']; readonly tools?: ModelCall['tools'] }): string | readonly WantedTool[];
  /** A tool's result. Default: no tool may be called. */
  tool?(call: WantedTool): string;
  /** State that another graph comes to. Default: none may be called. */
  agent?(call: Pick<AgentCall, 'graph' | 'input'>): Readonly<Record<string, unknown>>;
}

/** A port that answers from a script. */
export function scriptedPort(script: Script): CallPort {
  let answers = 0;
  return {
    model: async ({ node }, { messages, tools }) => {
      const id = `answer-${(answers += 1)}`;
      const said = script.model({ node, messages, ...(tools === undefined ? {} : { tools }) });
      const message =
        typeof said === 'string'
          ? { type: 'ai' as const, id, content: said }
          : { type: 'ai' as const, id, content: '', tool_calls: said.map(({ name, args }, i) => ({ id: `${id}-${i}`, name, args: { ...args }, type: 'tool_call' as const })) };
      return { message, model: 'scripted' };
    },
    tool: async (_, { toolCallId, name, args }) => {
      if (script.tool === undefined) throw new Error(`the script has no tools, and ${name} was called`);
      const content = script.tool({ name, args });
      const [server = '', tool = ''] = name.split('__');
      return {
        message: { type: 'tool', tool_call_id: toolCallId, name, content },
        outcome: { status: 'ok', server, tool, effect: 'read', duration_ms: 0, bytes: content.length, truncated: false, arguments_sha256: '' },
      };
    },
    agent: async (_, { graph, input }) => {
      if (script.agent === undefined) throw new Error(`the script has no agents, and ${graph} was called`);
      return { values: script.agent({ graph, input }), spent: { steps: 0, calls: 0, tokens: 0 } };
    },
  };
}
