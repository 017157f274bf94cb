import type { GraphDefinition } from '@holdfast/agent-runtime/graph';
import type { LogSink } from '@holdfast/nest-kit';
import { retryDelay } from '@holdfast/nest-kit/connector';
import type { GraphRegistration } from '@holdfast/persistence';

/** Where graphs are registered. */
export interface GraphRegistry {
  register(graphs: readonly GraphRegistration[]): Promise<void>;
}

const PAUSE = { firstMs: 500, longestMs: 10_000 };

/** What the API shows of a graph: its picture and its schemas. Compiles the graph once, outside the sandbox. */
export async function describeGraph(definition: GraphDefinition, buildId: string): Promise<GraphRegistration> {
  const drawing = await definition.build().getGraphAsync({});
  const { input, output, state, config } = definition.schemas;
  return {
    graphId: definition.graphId,
    buildId,
    description: definition.description,
    structure: drawing.toJSON(),
    schemas: { input_schema: input, output_schema: output, state_schema: state, config_schema: config, context_schema: null },
  };
}

/** Tells the gateway, by way of the database, which graphs this build runs. Tries until it succeeds or the signal fires. */
export async function registerGraphs(
  definitions: readonly GraphDefinition[],
  buildId: string,
  registry: GraphRegistry,
  log: LogSink,
  signal: AbortSignal,
): Promise<void> {
  const graphs = await Promise.all(definitions.map((definition) => describeGraph(definition, buildId)));
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await registry.register(graphs);
      log.info({ graphs: graphs.map((graph) => graph.graphId), build_id: buildId }, 'graphs are registered');
      return;
    } catch (error) {
      // Readiness already tells that PostgreSQL is away; this line is for any other reason.
      if (attempt === 1) log.warn({ err: error }, 'graphs could not be registered yet; trying again in the background');
      await retryDelay(attempt, PAUSE, signal);
    }
  }
}
