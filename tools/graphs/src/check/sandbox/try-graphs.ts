/** Runs inside the sandbox of sandbox-trial.ts, bundled with the graphs. */
import {
  type GraphAbout,
  type GraphDefinition,
  type GraphDescription,
  type RunnableGraph,
  adoptGraph,
  assertRunnable,
  describeGraph,
} from '@holdfast/agent-runtime/graph';
import { schemasOf } from './graph-schemas.ts';

/** What the bundle of a folder says of one graph. */
export interface Exported {
  readonly graphId: string;
  readonly value: unknown;
  readonly about: GraphAbout;
}

/** A graph that was built as a worker would build it, or why that failed. */
export type Tried =
  | { readonly graphId: string; readonly definition: GraphDefinition; readonly graph: RunnableGraph }
  | { readonly graphId: string; readonly problem: string; readonly stack: string };

/** Builds and checks every graph. @param taken names of the graphs that are there already */
export function tryGraphs(exported: readonly Exported[], taken: readonly string[]): Tried[] {
  return exported.map(({ graphId, value, about }): Tried => {
    try {
      if (taken.includes(graphId)) throw new TypeError(`${graphId} is a graph of Holdfast's own: choose another name`);
      if (value === undefined) throw new TypeError('there is no such export');
      const definition = adoptGraph(graphId, value, about);
      const graph = definition.build();
      assertRunnable(graphId, graph, definition);
      return { graphId, definition: { ...definition, schemas: schemasOf(graph, definition.schemas) }, graph };
    } catch (error) {
      const { message = String(error), stack = '' } = error as Partial<Error>;
      return { graphId, problem: message, stack };
    }
  });
}

/** Draws the graphs that can run. @returns JSON of GraphDescription[], because objects of a sandbox are strangers outside of it */
export async function describeTried(tried: readonly Tried[]): Promise<string> {
  const descriptions: GraphDescription[] = [];
  for (const each of tried) if ('graph' in each) descriptions.push(await describeGraph(each.definition, each.graph));
  return JSON.stringify(descriptions);
}
