import { messagesStateReducer } from '@langchain/langgraph';
import { getConfigTypeSchema, getInputTypeSchema, getOutputTypeSchema, getStateTypeSchema } from '@langchain/langgraph/zod/schema';
import type { GraphSchemas, JsonSchema, RunnableGraph } from '@holdfast/agent-runtime/graph';
import { z } from 'zod';

/** What a `StateGraph` knows of its state. */
interface Built {
  readonly builder?: { readonly channels?: Readonly<Record<string, { readonly operator?: unknown }>>; readonly _schemaRuntimeDefinition?: unknown };
}

const MESSAGES: JsonSchema = { type: 'array', items: { type: 'object' }, title: 'Messages' };

/**
 * The JSON Schemas of a graph: those it states, else what LangGraph makes of its zod or state schema, else its channels by name, of any
 * type: annotations exist for the compiler only.
 */
export function schemasOf(graph: RunnableGraph, stated: GraphSchemas): GraphSchemas {
  const channels = looseOf(graph);
  const pick = (given: JsonSchema, derive: (of: RunnableGraph) => unknown, fallback: JsonSchema): JsonSchema =>
    Object.keys(given).length > 1 ? given : (derived(derive, graph) ?? fallback);
  return {
    input: pick(stated.input, getInputTypeSchema, channels),
    output: pick(stated.output, getOutputTypeSchema, channels),
    state: pick(stated.state, getStateTypeSchema, channels),
    config: pick(stated.config, getConfigTypeSchema, stated.config),
  };
}

/** LangGraph gives up on the whole state when one part has no JSON Schema: classes and custom types have none. */
function derived(derive: (of: RunnableGraph) => unknown, graph: RunnableGraph): JsonSchema | undefined {
  try {
    return derive(graph) as JsonSchema | undefined;
  } catch {
    return undefined;
  }
}

/** Every channel by name: of the type that zod knows when it knows one, else of any. */
function looseOf(graph: RunnableGraph): JsonSchema {
  const { channels = {}, _schemaRuntimeDefinition: state } = (graph as Built).builder ?? {};
  const known = propertiesOf(state);
  const names = Object.keys(channels).filter((name) => !/^(__|branch:)/.test(name));
  const schemaOf = (name: string): unknown => (channels[name]?.operator === messagesStateReducer ? MESSAGES : (known[name] ?? {}));
  return { type: 'object', properties: Object.fromEntries(names.map((name) => [name, schemaOf(name)])) };
}

function propertiesOf(state: unknown): Readonly<Record<string, unknown>> {
  if (!(state instanceof z.ZodObject)) return {};
  return z.toJSONSchema(state, { unrepresentable: 'any' }).properties ?? {};
}
