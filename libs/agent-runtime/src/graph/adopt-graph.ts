import { type GraphDefinition, type JsonSchema, type RunnableGraph, defineGraph } from './graph-definition';

/** What a folder of graphs says of one of them. */
export interface GraphAbout {
  readonly version: string;
  readonly description: string;
}

const ANYTHING: JsonSchema = { type: 'object' };

/**
 * The definition of a graph that somebody wrote for LangGraph: a compiled graph, a `StateGraph`, a function that returns one of them, or
 * what `defineGraph` gives. Its schemas are open unless `defineGraph` states them, and its version is that of
 * the folder, which says nothing about states.
 * @throws TypeError when the id has the wrong form or differs from the definition's; `build` of the result throws when the value is none of these
 */
export function adoptGraph(graphId: string, value: unknown, about: GraphAbout): GraphDefinition {
  if (isDefinition(value)) {
    if (value.graphId !== graphId) throw new TypeError(`it is defined as ${value.graphId}: give both the same name`);
    return defineGraph(value);
  }
  const schemas = { input: ANYTHING, output: ANYTHING, state: ANYTHING, config: ANYTHING };
  return defineGraph({ graphId, ...about, loadsAnyState: true, schemas, build: () => compiledFrom(graphId, value) });
}

function compiledFrom(graphId: string, value: unknown): RunnableGraph {
  const made: unknown = typeof value === 'function' ? (value as (config: object) => unknown)({ configurable: {} }) : value;
  if (isCompiled(made)) return made;
  if (has(made, 'then')) throw new TypeError('it is a promise: return the graph itself, nothing can be waited for before a run');
  if (has(made, 'compile')) return (made as { compile(options: { name: string }): RunnableGraph }).compile({ name: graphId });
  throw new TypeError('it is no graph: export a compiled graph, a StateGraph, a function that returns one, or defineGraph({ … })');
}

function isDefinition(value: unknown): value is GraphDefinition {
  return has(value, 'build') && 'graphId' in (value as object);
}

function isCompiled(value: unknown): value is RunnableGraph {
  return has(value, 'getState') && has(value, 'updateState') && has(value, 'getGraphAsync');
}

function has(value: unknown, method: string): boolean {
  return typeof value === 'object' && value !== null && typeof (value as Record<string, unknown>)[method] === 'function';
}
