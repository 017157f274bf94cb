import type { RunnableGraph } from './graph-definition';

/** LangGraph's own search: a compiled graph as a node, inside of a sequence, or named by the option `subgraphs` of a node that invokes it. */
interface Searchable {
  getSubgraphs(): Iterable<[node: string, graph: RunnableGraph]>;
}

/** The graphs right below a compiled graph, each with the name of its node. */
export function subGraphsOf(graph: RunnableGraph): [node: string, graph: RunnableGraph][] {
  return [...(graph as unknown as Searchable).getSubgraphs()];
}
