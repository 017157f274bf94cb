import type { GraphDefinition, RunnableGraph } from './graph-definition';

/** What the API shows of a graph; plain data. */
export interface GraphDescription {
  readonly graphId: string;
  readonly description: string;
  /** `{nodes, edges}` of the drawing. */
  readonly structure: Readonly<Record<string, unknown>>;
  /** input_schema, output_schema, state_schema, config_schema, context_schema. */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Which states it can load; absent when it loads any. */
  readonly loads?: GraphLoads;
  /** See {@link GraphDefinition.compensate}. */
  readonly compensate?: string;
}

/** Which states a graph can load: those of its version, and those that its migrations take. */
export interface GraphLoads {
  readonly version: string;
  readonly migrations: readonly { readonly from: string; readonly to: string }[];
}

/** Draws a graph. @param graph the compiled graph, when it is at hand; else it is built */
export async function describeGraph(definition: GraphDefinition, graph: RunnableGraph = definition.build()): Promise<GraphDescription> {
  const drawing = await graph.getGraphAsync({});
  const { input, output, state, config } = definition.schemas;
  return {
    graphId: definition.graphId,
    description: definition.description,
    structure: drawing.toJSON(),
    ...(definition.compensate === undefined ? {} : { compensate: definition.compensate }),
    ...(definition.loadsAnyState === true
      ? {}
      : { loads: { version: definition.version, migrations: (definition.migrations ?? []).map(({ from, to }) => ({ from, to })) } }),
    schemas: { input_schema: input, output_schema: output, state_schema: state, config_schema: config, context_schema: null },
  };
}
