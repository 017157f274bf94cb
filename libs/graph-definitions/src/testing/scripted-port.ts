import type { AiMessageDto, ToolCallDto } from '@holdfast/contracts/messages';
import { type AgentCall, type CallPort, type CallSite, type ModelCall, type ToolCall, toApiForm } from '@holdfast/agent-runtime/graph';

/** What a scripted model says: a text, or calls of tools. */
export type ScriptedAnswer = string | { readonly tools: readonly (string | Pick<ToolCallDto, 'name' | 'args'>)[] };

/** The answers of a node's model calls in order, the last one for ever; or what makes them. */
export type NodeScript = readonly ScriptedAnswer[] | ((call: ModelCall, turn: number) => ScriptedAnswer);

/** What a scripted tool returns; what it throws is a call that never answered. */
export type ToolScript = (name: string, args: Readonly<Record<string, unknown>>) => string | { readonly error: string; readonly code?: string };

/** What a scripted sub-agent comes to: its state, LangChain's messages in it; what it throws is its error. */
export type AgentScript = (call: AgentCall) => Readonly<Record<string, unknown>>;

/** Models that answer by node, and tools that say what they were asked, unless told otherwise. Remembers every call. */
export class ScriptedPort implements CallPort {
  readonly modelCalls: { readonly node: string; readonly call: ModelCall }[] = [];
  readonly toolCalls: ToolCall[] = [];
  readonly agentCalls: AgentCall[] = [];

  constructor(
    private readonly script: Readonly<Record<string, NodeScript>>,
    private readonly toolScript: ToolScript = (name) => `result of ${name}`,
    private readonly agentScript: AgentScript = ({ graph }) => {
      throw new Error(`no script for the agent ${graph}`);
    },
  ) {}

  /** See CallPort. */
  async model({ node }: CallSite, call: ModelCall) {
    const turn = this.of(node).length;
    this.modelCalls.push({ node, call });
    const script = this.script[node];
    if (script === undefined) throw new Error(`no script for node ${node}`);
    const answer = typeof script === 'function' ? script(call, turn) : script[Math.min(turn, script.length - 1)]!;
    const id = `${node}-${turn}`;
    return { message: messageOf(answer, id), model: 'scripted' };
  }

  /** See CallPort. */
  async tool(_: CallSite, call: ToolCall) {
    this.toolCalls.push(call);
    const result = this.toolScript(call.name, call.args);
    const failed = typeof result !== 'string';
    return {
      message: {
        type: 'tool' as const,
        name: call.name,
        tool_call_id: call.toolCallId,
        content: failed ? result.error : result,
        status: failed ? ('error' as const) : ('success' as const),
      },
      outcome: {
        status: failed ? ('error' as const) : ('ok' as const),
        ...(failed && result.code !== undefined ? { code: result.code } : {}),
        server: 's', tool: call.name, effect: 'read' as const, duration_ms: 1, bytes: 1, truncated: false, arguments_sha256: '',
      },
    };
  }

  /** See CallPort. */
  async agent(_: CallSite, call: AgentCall) {
    this.agentCalls.push(call);
    return { values: toApiForm(this.agentScript(call)) as Readonly<Record<string, unknown>>, spent: { steps: 1, calls: 1, tokens: 1 } };
  }

  /** The model calls of a node. */
  of(node: string): ModelCall[] {
    return this.modelCalls.filter((call) => call.node === node).map(({ call }) => call);
  }
}

function messageOf(answer: ScriptedAnswer, id: string): AiMessageDto {
  if (typeof answer === 'string') return { type: 'ai', id, content: answer };
  const calls = answer.tools.map((tool) => (typeof tool === 'string' ? { name: tool, args: {} } : tool));
  return { type: 'ai', id, content: '', tool_calls: calls.map((call, i) => ({ ...call, id: `${id}-${i}` })) };
}

/** The texts of a model call's messages, the system prompt first. */
export function textsOf(call: ModelCall | undefined): string[] {
  return (call?.messages ?? []).map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content)));
}
