import { messagesStateReducer } from '@langchain/langgraph';
import { getConfigTypeSchema, getInputTypeSchema, getOutputTypeSchema, getStateTypeSchema } from '@langchain/langgraph/zod/schema';
import type { GraphSchemas, JsonSchema, RunnableGraph } from '@holdfast/agent-runtime/graph';

/** What a `StateGraph` knows of its channels. */
interface Built {
  readonly builder?: { readonly channels?: Readonly<Record<string, { readonly operator?: unknown }>> };
}

const MESSAGES: JsonSchema = { type: 'array', items: { type: 'object' }, title: 'Messages' };

/**
 * The JSON Schemas of a graph: those it states, else what LangGraph makes of its zod or state schema, else its channels by name, of any
 * type: annotations exist for the compiler only.
 */
export function schemasOf(graph: RunnableGraph, stated: GraphSchemas): GraphSchemas {
  const channels = channelsOf(graph);
  const pick = (given: JsonSchema, derive: (of: RunnableGraph) => unknown, fallback: JsonSchema): JsonSchema =>
    Object.keys(given).length > 1 ? given : (derived(derive, graph) ?? fallback);
  return {
    input: pick(stated.input, getInputTypeSchema, channels),
    output: pick(stated.output, getOutputTypeSchema, channels),
    state: pick(stated.state, getStateTypeSchema, channels),
    config: pick(stated.config, getConfigTypeSchema, stated.config),
  };
}

/** Not every zod schema has a JSON Schema: classes and transformations have none. */
function derived(derive: (of: RunnableGraph) => unknown, graph: RunnableGraph): JsonSchema | undefined {
  try {
    return derive(graph) as JsonSchema | undefined;
  } catch {
    return undefined;
  }
}

function channelsOf(graph: RunnableGraph): JsonSchema {
  const channels = Object.entries((graph as Built).builder?.channels ?? {}).filter(([name]) => !/^(__|branch:)/.test(name));
  const properties = channels.map(([name, channel]) => [name, channel.operator === messagesStateReducer ? MESSAGES : {}] as const);
  return { type: 'object', properties: Object.fromEntries(properties) };
}
