import { type Directives, readDirectives, withoutDirectives } from './directives.ts';
import { type ChatMessage, type ChatRequest, textOf } from './request.schema.ts';

/** Who of which agent is asking, by the first line of the system prompt: `You are the <name> of a <agent> agent.` */
export interface Role {
  readonly agent: string;
  readonly name: string;
}

/** What somebody else said, told to the model by a graph under a label. */
export interface Quote {
  /** Without the colon at its end: `Report 1 (add 2 and 3)`. */
  readonly label: string;
  readonly text: string;
}

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
  /** Undefined when the system prompt names none. */
  readonly role: Role | undefined;
  readonly system: string;
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
  /** What others said, since that question. */
  readonly quotes: readonly Quote[];
  /** Number of messages of the request. */
  readonly length: number;
}

const ROLE = /^You are the ([a-z][a-z-]*) of a ([a-z][a-z-]*) agent\./;
const SENT_BACK = /^\s*REVISE\b/;
/** Labels of the graphs in libs/graph-definitions; a long text stands in a message of its own behind its label. */
const QUOTE = /^(Report (?:\d+|of the [a-z]+) \([^\n]*\)|Answer of debater \d+|What was found|Draft|Remarks|INVALID):(?:\n([\s\S]*))?$/;

function systemOf(messages: readonly ChatMessage[]): string {
  return messages.filter(({ role }) => role === 'system' || role === 'developer').map((message) => textOf(message).trimStart()).join('\n');
}

function roleOf(system: string): Role | undefined {
  const [, name, agent] = ROLE.exec(system) ?? [];
  return name === undefined || agent === undefined ? undefined : { name, agent };
}

/** The quotes of a request by the index of the message that their text stands in. */
function quotesOf(messages: readonly ChatMessage[]): Map<number, Quote> {
  const quotes = new Map<number, Quote>();
  let label: string | undefined;
  for (const [index, message] of messages.entries()) {
    const text = message.role === 'user' ? textOf(message) : '';
    const [, named, quoted] = QUOTE.exec(text) ?? [];
    if (message.role === 'user' && named === undefined && label !== undefined) quotes.set(index, { label, text });
    label = undefined;
    if (named === undefined) continue;
    quotes.set(index, { label: named, text: quoted ?? '' });
    if (quoted === undefined) label = named;
  }
  return quotes;
}

function parseArguments(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {}; // a cut-off earlier call: its result, if any, still counts
  }
}

/** Index of the message with the current question: the newest user message that is no reviewer's objection and no quote. */
function questionIndex(messages: readonly ChatMessage[], quotes: ReadonlyMap<number, Quote>): number {
  return messages.findLastIndex((message, index) => message.role === 'user' && !quotes.has(index) && !SENT_BACK.test(textOf(message)));
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
  const system = systemOf(messages);
  const quotes = quotesOf(messages);
  const at = questionIndex(messages, quotes);
  const question = at < 0 ? '' : textOf(messages[at] ?? { role: 'user', content: '' });
  const turn = messages.slice(at + 1);
  const said = turn.filter((m) => m.role === 'assistant' && (m.tool_calls ?? []).length === 0).map(textOf);
  return {
    role: roleOf(system),
    system,
    question: withoutDirectives(question),
    directives: readDirectives(request.model, question),
    exchanges: exchangesOf(turn),
    tools:
      request.tool_choice === 'none'
        ? []
        : (request.tools ?? []).map((tool) => ({ name: tool.function.name, schema: tool.function.parameters ?? {} })),
    answer: said.at(-1),
    sentBack: turn.some((m) => m.role === 'user' && SENT_BACK.test(textOf(m))),
    quotes: [...quotes].filter(([index, { text }]) => index > at && text !== '').map(([, quote]) => quote),
    length: messages.length,
  };
}
