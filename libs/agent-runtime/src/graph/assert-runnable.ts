import type { GraphDefinition, RunnableGraph } from './graph-definition';

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
 * Refuses a graph that would use real timers, do I/O or hide state inside a workflow, or that has no such node as its definition names.
 * @throws TypeError with every reason.
 */
export function assertRunnable(graphId: string, graph: RunnableGraph, { compensate }: Pick<GraphDefinition, 'compensate'> = {}): void {
  const parts = graph as unknown as CompiledParts;
  const problems: string[] = [];
  if (parts.checkpointer) problems.push('compile({ checkpointer }): the runtime brings its own');
  if (parts.store) problems.push('compile({ store }): a store does I/O');
  if (parts.cache) problems.push('compile({ cache }): a cache hides state from the history');
  if (parts.stepTimeout) problems.push('stepTimeout: it is a real timer');
  if (parts.retryPolicy) problems.push('retryPolicy: Temporal owns retries');
  for (const [name, node] of Object.entries(parts.nodes)) {
    for (const [option, reason] of Object.entries(NODE_OPTIONS)) {
      if (node[option] !== undefined) problems.push(`node ${name}: ${option}: ${reason}`);
    }
  }
  for (const [name, channel] of Object.entries(parts.channels)) {
    if (channel.lc_graph_name === 'DeltaChannel') problems.push(`channel ${name}: a DeltaChannel needs checkpoints that the workflow no longer has`);
  }
  const names = Object.keys(parts.nodes).filter((name) => !name.startsWith('__'));
  if (compensate !== undefined && !names.includes(compensate)) problems.push(`compensate: there is no node ${compensate}; there are ${names.join(', ')}`);
  if (problems.length > 0) throw new TypeError(`graph ${graphId} cannot run in a workflow: ${problems.join('; ')}`);
}
