import type { MessageContent } from '@langchain/core/messages';
import type { JsonSchema } from '@holdfast/agent-runtime/graph';
import { HoldfastError } from '@holdfast/contracts/errors';
import { problemsOf } from '../building-blocks/schema-check';
import { MOST_BYTES } from './limits';

/** An output that fits, or what is wrong with it. */
export type Checked = { readonly output: unknown; readonly problems: readonly [] } | { readonly problems: readonly string[] };

/**
 * Reads the JSON out of what a model wrote and compares it with the schema.
 * @throws HoldfastError INVALID_ARGUMENT when the schema cannot be used
 */
export function checkOutput(content: MessageContent, schema: JsonSchema): Checked {
  if (typeof content !== 'string') return { problems: [`The answer is longer than ${MOST_BYTES} bytes. Shorten its texts.`] };
  const found = jsonIn(content);
  if (found === undefined) return { problems: ['The answer is not JSON.'] };
  const problems = usable(schema, found.value);
  return problems.length === 0 ? { output: found.value, problems: [] } : { problems };
}

/** What models put around JSON is not part of it: fences, a sentence before or after. */
function jsonIn(text: string): { readonly value: unknown } | undefined {
  const fenced = /```(?:json)?\s*\n([\s\S]*?)\n\s*```/.exec(text)?.[1];
  const candidates = [text, fenced, between(text, '{', '}'), between(text, '[', ']')];
  for (const candidate of candidates) {
    const parsed = candidate === undefined ? undefined : parse(candidate);
    if (parsed !== undefined) return parsed;
  }
  return undefined;
}

function between(text: string, open: string, close: string): string | undefined {
  const [from, to] = [text.indexOf(open), text.lastIndexOf(close)];
  return from >= 0 && to > from ? text.slice(from, to + 1) : undefined;
}

function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

function usable(schema: JsonSchema, value: unknown): string[] {
  try {
    return problemsOf(schema, value);
  } catch (error) {
    throw new HoldfastError('INVALID_ARGUMENT', `config.configurable.output_schema: ${error instanceof Error ? error.message : String(error)}`);
  }
}
