import { type GraphDefinition, type GraphDescription, describeGraph } from '@holdfast/agent-runtime/graph';
import type { LogSink } from '@holdfast/nest-kit';
import { retryDelay } from '@holdfast/nest-kit/connector';
import type { GraphRegistration } from '@holdfast/persistence';

/** Where graphs are registered. */
export interface GraphRegistry {
  register(graphs: readonly GraphRegistration[]): Promise<void>;
}

const PAUSE = { firstMs: 500, longestMs: 10_000 };

/** What the API shows of the graphs of a build. Compiles Holdfast's own once, outside of the sandbox; others come described. */
export async function describeGraphs(
  definitions: readonly GraphDefinition[],
  outside: readonly GraphDescription[],
  buildId: string,
): Promise<GraphRegistration[]> {
  const own = await Promise.all(definitions.map((definition) => describeGraph(definition)));
  return [...own, ...outside].map((description) => ({ ...description, buildId }));
}

/** Tells the gateway, by way of the database, which graphs this build runs. Tries until it succeeds or the signal fires. */
export async function registerGraphs(graphs: readonly GraphRegistration[], registry: GraphRegistry, log: LogSink, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      await registry.register(graphs);
      log.info({ graphs: graphs.map((graph) => graph.graphId), build_id: graphs[0]?.buildId }, 'graphs are registered');
      return;
    } catch (error) {
      // Readiness already tells that PostgreSQL is away; this line is for any other reason.
      if (attempt === 1) log.warn({ err: error }, 'graphs could not be registered yet; trying again in the background');
      await retryDelay(attempt, PAUSE, signal);
    }
  }
}
