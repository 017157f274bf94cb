import type { JsonSchema } from '@holdfast/agent-runtime/graph';
import type { NumberChoice } from './choices';

const message: JsonSchema = {
  type: 'object',
  description: 'A message of the LangGraph protocol; `role` with user, assistant, system or tool is accepted in place of `type`.',
  properties: {
    type: { enum: ['human', 'ai', 'system', 'tool'] },
    role: { type: 'string' },
    content: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'object' } }] },
    id: { type: 'string' },
    name: { type: 'string' },
    tool_calls: { type: 'array', items: { type: 'object' } },
    tool_call_id: { type: 'string' },
  },
  required: ['content'],
};

/** A conversation, oldest message first. */
export const MESSAGES: JsonSchema = { type: 'array', items: message, title: 'Messages' };

/** Content of a message: a text, or blocks when the text is long. */
export const CONTENT: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'object' } }] };

/** Any text. */
export const TEXT: JsonSchema = { type: 'string' };

/** Texts in order. */
export const TEXTS: JsonSchema = { type: 'array', items: TEXT };

/** 0, 1, 2 … */
export const COUNT: JsonSchema = { type: 'integer', minimum: 0 };

/** An object with these properties. */
export function object(title: string, properties: Readonly<Record<string, JsonSchema>>, required: readonly string[] = []): JsonSchema {
  return { title, type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

/** A list of such things. */
export function listOf(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

/** Input of a graph that is asked by messages. */
export function conversationInput(title: string): JsonSchema {
  return object(title, { messages: MESSAGES }, ['messages']);
}

/** A choice of tools in `config.configurable`. */
export function toolGlobs(whose: string): JsonSchema {
  return { ...TEXTS, description: `Globs on tool names (filesystem__*) that ${whose}.` };
}

/** The choice of the model in `config.configurable`. */
export const MODEL: JsonSchema = { type: 'string', description: 'Model to ask, as the gateway names it.' };

/** A bounded number in `config.configurable`. */
export function bounded({ min, max, fallback }: NumberChoice, description: string): JsonSchema {
  return { type: 'integer', minimum: min, maximum: max, default: fallback, description };
}
