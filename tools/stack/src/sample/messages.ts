/** What the printer needs of a LangGraph message, whatever else it carries. */
export interface SampleMessage {
  readonly id: string;
  readonly type: string;
  readonly text: string;
  readonly toolCalls: readonly { readonly name: string; readonly args: unknown }[];
  /** Name of the tool a tool message comes from. */
  readonly name: string;
  readonly isError: boolean;
}

/** Reads a message in the API's form; undefined when it is none. */
export function parseMessage(value: unknown): SampleMessage | undefined {
  if (!isRecord(value) || typeof value['type'] !== 'string') return undefined;
  const calls = Array.isArray(value['tool_calls']) ? value['tool_calls'] : [];
  return {
    id: typeof value['id'] === 'string' ? value['id'] : '',
    type: value['type'],
    text: textOf(value['content']),
    toolCalls: calls.flatMap((call) => (isRecord(call) && typeof call['name'] === 'string' ? [{ name: call['name'], args: call['args'] }] : [])),
    name: typeof value['name'] === 'string' ? value['name'] : '',
    isError: value['status'] === 'error',
  };
}

/** The text of a message's content: a string or a list of blocks. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content.map((block) => (isRecord(block) && typeof block['text'] === 'string' ? block['text'] : '')).join('');
}

/** True for objects that are no arrays. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
