import { type Directives, readDirectives, withoutDirectives } from './directives.ts';
import { type ChatMessage, type ChatRequest, textOf } from './request.schema.ts';

/** The part of a plan-execute-review agent that is asking; `chat` when the system prompt names none. */
export type Phase = 'planner' | 'executor' | 'reviewer' | 'chat';

/** A tool call of the current turn with what the tool returned. */
export interface Exchange {
  readonly callId: string;
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** Undefined while the call has no result in the conversation. */
  readonly result: string | undefined;
}

/** A tool that the request offers. */
export interface OfferedTool {
  readonly name: string;
  /** JSON schema of the arguments. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What the development model understands of a request. */
export interface Conversation {
  readonly phase: Phase;
  /** What the person asked in the current turn, without directives. */
  readonly question: string;
  readonly directives: Directives;
  /** Tool calls since that question, in order. */
  readonly exchanges: readonly Exchange[];
  /** Offered tools; empty when the request forbids tool calls. */
  readonly tools: readonly OfferedTool[];
  /** The agent's newest text since that question; undefined when it has said nothing yet. */
  readonly answer: string | undefined;
  /** Whether a reviewer has sent an answer back in this turn. */
  readonly sentBack: boolean;
  /** Number of messages of the request. */
  readonly length: number;
}

const PHASE = /^You are the (planner|executor|reviewer) of a plan-execute-review agent\./;
const SENT_BACK = /^\s*REVISE\b/;

function phaseOf(messages: readonly ChatMessage[]): Phase {
  for (const message of messages) {
    if (message.role !== 'system' && message.role !== 'developer') continue;
    const found = PHASE.exec(textOf(message).trimStart());
    if (found?.[1] === 'planner' || found?.[1] === 'executor' || found?.[1] === 'reviewer') return found[1];
  }
  return 'chat';
}

function parseArguments(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {}; // a cut-off earlier call: its result, if any, still counts
  }
}

/** Index of the message with the current question: the newest user message that is no reviewer's objection. */
function questionIndex(messages: readonly ChatMessage[]): number {
  return messages.findLastIndex((message) => message.role === 'user' && !SENT_BACK.test(textOf(message)));
}

function exchangesOf(turn: readonly ChatMessage[]): Exchange[] {
  const results = new Map<string, string>();
  for (const message of turn) {
    if (message.role === 'tool' && message.tool_call_id !== undefined) results.set(message.tool_call_id, textOf(message));
  }
  return turn.flatMap((message) =>
    (message.tool_calls ?? []).map((call) => ({
      callId: call.id,
      name: call.function.name,
      args: parseArguments(call.function.arguments),
      result: results.get(call.id),
    })),
  );
}

/** Reads a request. Pure: the same request always gives the same conversation. */
export function readConversation(request: ChatRequest): Conversation {
  const { messages } = request;
  const at = questionIndex(messages);
  const question = at < 0 ? '' : textOf(messages[at] ?? { role: 'user', content: '' });
  const turn = messages.slice(at + 1);
  const said = turn.filter((m) => m.role === 'assistant' && (m.tool_calls ?? []).length === 0).map(textOf);
  return {
    phase: phaseOf(messages),
    question: withoutDirectives(question),
    directives: readDirectives(request.model, question),
    exchanges: exchangesOf(turn),
    tools:
      request.tool_choice === 'none'
        ? []
        : (request.tools ?? []).map((tool) => ({ name: tool.function.name, schema: tool.function.parameters ?? {} })),
    answer: said.at(-1),
    sentBack: turn.some((m) => m.role === 'user' && SENT_BACK.test(textOf(m))),
    length: messages.length,
  };
}
