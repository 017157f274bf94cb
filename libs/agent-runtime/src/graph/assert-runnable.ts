import type { GraphDefinition, RunnableGraph } from './graph-definition';
import { subGraphsOf } from './sub-graphs';

/** The parts of a compiled graph that could make it impure; LangGraph has them, its types mostly do not show them. */
interface CompiledParts {
  readonly checkpointer?: unknown;
  readonly store?: unknown;
  readonly cache?: unknown;
  readonly stepTimeout?: unknown;
  readonly retryPolicy?: unknown;
  readonly nodes: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly channels: Readonly<Record<string, { readonly lc_graph_name?: string }>>;
}

const NODE_OPTIONS: Readonly<Record<string, string>> = {
  retryPolicy: 'Temporal owns retries',
  cachePolicy: 'a cache hides state from the history',
  timeout: 'it is a real timer; calls have deadlines of their own',
};

/**
 * Refuses a graph that would use real timers, do I/O or hide state inside a workflow, itself or a sub-graph of it, or that has no such node as its
 * definition names.
 * @throws TypeError with every reason.
 */
export function assertRunnable(graphId: string, graph: RunnableGraph, { compensate }: Pick<GraphDefinition, 'compensate'> = {}): void {
  const problems = problemsOf(graph, '');
  const names = Object.keys((graph as unknown as CompiledParts).nodes).filter((name) => !name.startsWith('__'));
  if (compensate !== undefined && !names.includes(compensate)) problems.push(`compensate: there is no node ${compensate}; there are ${names.join(', ')}`);
  if (problems.length > 0) throw new TypeError(`graph ${graphId} cannot run in a workflow: ${problems.join('; ')}`);
}

/** @param path names of the nodes that lead to a sub-graph, each with a slash behind it; empty for the graph itself */
function problemsOf(graph: RunnableGraph, path: string): string[] {
  const parts = graph as unknown as CompiledParts;
  const ofGraph: string[] = [];
  if (path === '' ? parts.checkpointer : isSaver(parts.checkpointer)) ofGraph.push('compile({ checkpointer }): the runtime brings its own');
  if (parts.store) ofGraph.push('compile({ store }): a store does I/O');
  if (parts.cache) ofGraph.push('compile({ cache }): a cache hides state from the history');
  if (parts.stepTimeout) ofGraph.push('stepTimeout: it is a real timer');
  if (parts.retryPolicy) ofGraph.push('retryPolicy: Temporal owns retries');
  const problems = ofGraph.map((problem) => (path === '' ? problem : `sub-graph ${path.slice(0, -1)}: ${problem}`));
  for (const [name, node] of Object.entries(parts.nodes)) {
    for (const [option, reason] of Object.entries(NODE_OPTIONS)) {
      if (node[option] !== undefined) problems.push(`node ${path}${name}: ${option}: ${reason}`);
    }
  }
  for (const [name, channel] of Object.entries(parts.channels)) {
    if (channel.lc_graph_name === 'DeltaChannel') problems.push(`channel ${path}${name}: a DeltaChannel needs checkpoints that the workflow no longer has`);
  }
  return [...problems, ...subGraphsOf(graph).flatMap(([node, subGraph]) => problemsOf(subGraph, `${path}${node}/`))];
}

/** A sub-graph may say `true` (keep its state from call to call) or `false` (none), which bring no saver along. */
function isSaver(checkpointer: unknown): boolean {
  return typeof checkpointer === 'object' && checkpointer !== null;
}
