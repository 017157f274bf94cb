import type { RunnableConfig } from '@langchain/core/runnables';
import type { StateSnapshot } from '@langchain/langgraph';
import type { Lane } from '../api';
import { type GraphMigration, assertMigrations } from './graph-migration';

/** What the runtime asks of a compiled graph; every `StateGraph(...).compile()` has it. */
export interface RunnableGraph {
  getState(config: RunnableConfig, options?: { readonly subgraphs?: boolean }): Promise<StateSnapshot>;
  updateState(config: RunnableConfig, values: unknown, asNode?: string): Promise<RunnableConfig>;
  getGraphAsync(config: RunnableConfig): Promise<{ toJSON(): Record<string, unknown> }>;
}

/** A JSON Schema (draft 2020-12) as data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What clients see of a graph's types: `GET /assistants/{id}/schemas`. */
export interface GraphSchemas {
  readonly input: JsonSchema;
  readonly output: JsonSchema;
  readonly state: JsonSchema;
  /** Of `config.configurable`. */
  readonly config: JsonSchema;
}

/** A graph that Holdfast can run. */
export interface GraphDefinition {
  /** Name for ever: assistants, activity types and checkpoints carry it. Lower case, digits, dashes. */
  readonly graphId: string;
  /** Semantic version. States of the same major version (below 1.0.0: minor) are loaded as they are; others need a migration. */
  readonly version: string;
  /** One sentence for people who choose a graph. */
  readonly description: string;
  readonly schemas: GraphSchemas;
  /** How this graph's calls are executed when neither the call nor the run says so. Default `local`. */
  readonly lane?: Lane;
  /** From older versions to this one; several may follow one another. A thread whose state none of them takes stays on older builds. */
  readonly migrations?: readonly GraphMigration[];
  /** States of every version are loaded as they are: the version is not about them. Default false. */
  readonly loadsAnyState?: boolean;
  /**
   * Node from which on the graph takes back what a run did outside, when somebody cancels the run with compensation. It begins with the state after
   * the last superstep that finished; of the step that was cut off it cannot know what it did. Absent: runs cannot be cancelled like that.
   */
  readonly compensate?: string;
  /** Builds and compiles; called once per process or V8 context. Pure: no I/O, no clock, no random numbers. */
  build(): RunnableGraph;
}

const GRAPH_ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const VERSION = /^\d+\.\d+\.\d+$/;

/**
 * States a graph.
 * @throws TypeError when the id or the version has the wrong form, or a migration leads nowhere.
 */
export function defineGraph(definition: GraphDefinition): GraphDefinition {
  if (!GRAPH_ID.test(definition.graphId)) throw new TypeError(`graph id ${JSON.stringify(definition.graphId)}: lower case, digits and single dashes`);
  if (!VERSION.test(definition.version)) throw new TypeError(`graph ${definition.graphId}: version ${JSON.stringify(definition.version)} is not x.y.z`);
  assertMigrations(definition.graphId, definition.version, definition.migrations ?? []);
  return definition;
}
