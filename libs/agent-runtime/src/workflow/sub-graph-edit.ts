import { uuid6 } from '@langchain/langgraph-checkpoint';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { SubGraphEdit, SubGraphState, TaskSnapshot } from '../api';
import type { RunnableGraph } from '../graph';
import { viewOfHead } from './checkpoint-draft';
import { continueIdClock } from './sandbox/ids';
import type { WorkflowSaver } from './saver';

/** What a compiled graph has beside its face. */
interface Parent {
  /** @param namespace without task ids */
  getSubgraphsAsync(namespace: string, recurse: true): AsyncIterable<readonly [name: string, graph: RunnableGraph]>;
}

/**
 * Writes values into a sub-graph that waits, and puts a root checkpoint that holds it so in front of the newest, within the superstep: the graphs above it
 * stand where they stood, their tasks keep their names, and what finished beside it what it gave. What it asked is not asked any more: a node that is still to
 * run asks again.
 * @throws HoldfastError INVALID_ARGUMENT when nothing is left to run in such a sub-graph; CONFLICT when it stands at another step than the
 * one named; what LangGraph throws for the values or the node
 */
export async function editSubGraph(graph: RunnableGraph, saver: WorkflowSaver, { ns, step, values, asNode }: SubGraphEdit): Promise<void> {
  const head = await viewOfHead(graph, saver);
  const subGraph = await subGraphAt(graph, ns);
  const standing = head && standingAt(head.tasks, ns);
  // Somebody else's edit may have ended it: who named a step is told that first.
  if (standing !== undefined && step !== undefined && standing.metadata.step !== step) {
    throw new HoldfastError('CONFLICT', `sub-graph ${ns} stands at step ${standing.metadata.step} by now, not at ${step}: read it, and edit again`);
  }
  if (head === undefined || subGraph === undefined || standing === undefined || standing.next.length === 0) {
    throw new HoldfastError('INVALID_ARGUMENT', `nothing is left to run in sub-graph ${ns} where the thread stands`);
  }
  continueIdClock(head.checkpointId);
  await subGraph.updateState({ configurable: { thread_id: 'thread', checkpoint_ns: ns, __pregel_checkpointer: saver } }, values, asNode);
  saver.withdraw(ns);
  saver.amendHead((checkpoint, metadata) => {
    checkpoint.id = uuid6(metadata.step);
    checkpoint.ts = new Date().toISOString();
    return { ...metadata, source: 'update' };
  });
}

async function subGraphAt(graph: RunnableGraph, ns: string): Promise<RunnableGraph | undefined> {
  const path = ns.split('|').map((part) => part.split(':')[0]);
  for await (const [, found] of (graph as unknown as Parent).getSubgraphsAsync(path.join('|'), true)) return found;
  return undefined;
}

function standingAt(tasks: readonly TaskSnapshot[], ns: string): SubGraphState | undefined {
  for (const { state, subgraph } of tasks) {
    const at = (state as { readonly configurable?: { readonly checkpoint_ns?: string } } | undefined)?.configurable?.checkpoint_ns;
    if (at === ns) return subgraph;
    if (at !== undefined && ns.startsWith(`${at}|`)) return standingAt(subgraph?.tasks ?? [], ns);
  }
  return undefined;
}
