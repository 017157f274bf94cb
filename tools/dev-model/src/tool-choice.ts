import { createHash } from 'node:crypto';
import type { Conversation, Exchange, OfferedTool } from './conversation.ts';

/** A tool call that the development model wants made. */
export interface PlannedCall {
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The part of a tool's name after its server's slug: `files__read_text_file` gives `read_text_file`. */
export function baseName(toolName: string): string {
  return toolName.slice(toolName.lastIndexOf('__') + (toolName.includes('__') ? 2 : 0));
}

/** The argument names of a tool that its schema declares with one of `types`, in schema order. */
export function parametersOfType(tool: OfferedTool, ...types: string[]): string[] {
  const properties = tool.schema['properties'];
  if (typeof properties !== 'object' || properties === null) return [];
  return Object.entries(properties)
    .filter(([, declared]) => typeof declared === 'object' && declared !== null && types.includes(String((declared as { type?: unknown }).type)))
    .map(([name]) => name);
}

/** The first offered tool whose base name is `name` and whose schema knows every argument in `wanted`. */
export function findTool(tools: readonly OfferedTool[], name: string, ...wanted: string[]): OfferedTool | undefined {
  return tools.find((tool) => baseName(tool.name) === name && wanted.every((argument) => hasParameter(tool, argument)));
}

/** Whether the tool's schema declares an argument of this name. */
export function hasParameter(tool: OfferedTool, argument: string): boolean {
  const properties = tool.schema['properties'];
  return typeof properties === 'object' && properties !== null && argument in properties;
}

/** Exchanges of the tool with this base name that have a result. */
export function resultsOf(conversation: Conversation, name: string): (Exchange & { result: string })[] {
  return conversation.exchanges.filter(
    (exchange): exchange is Exchange & { result: string } => baseName(exchange.name) === name && exchange.result !== undefined,
  );
}

/** Whether what a tool returned reads as an error. The protocol has no status for tool messages, only their text. */
export function isErrorText(text: string): boolean {
  return /^\s*(?:error\b|refused\b|access denied|ENOENT|EACCES)/i.test(text);
}

/**
 * The id of a tool call: the same request gives the same ids, so a repeated model call asks for the same effects, and
 * two calls of one conversation never share an id.
 */
export function callId(conversation: Conversation, index: number, call: PlannedCall): string {
  const hash = createHash('sha256').update(JSON.stringify([conversation.length, index, call.name, call.args]));
  return `call_${hash.digest('hex').slice(0, 16)}`;
}
