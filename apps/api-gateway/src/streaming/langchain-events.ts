import { validate, v5 as uuidv5 } from 'uuid';
import type { MessageContext } from './message-frames';

/** Something that runs in a run: a graph, a node, a model call or a tool call. */
export interface TracedRun {
  /** UUID of it alone; the same for every viewer. */
  readonly id: string;
  readonly name: string;
  /** What it runs in, outermost first. */
  readonly parents: readonly string[];
  readonly tags?: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Name of a graph that has none, as LangGraph gives it. */
const GRAPH = 'LangGraph';

/** An event of LangChain's `streamEvents`, version 2, as servers put it on the stream (`EventsStreamEvent` of the SDK). */
export function langChainEvent(event: string, { id, name, parents, tags = [], metadata }: TracedRun, data: unknown): Record<string, unknown> {
  return { event, name, run_id: id, parent_ids: parents, tags, metadata, data };
}

/** The graph of a namespace; that of the root is the run itself. */
export function tracedGraph(context: MessageContext, ns: readonly string[]): TracedRun {
  return { id: graphId(context.runId, ns), name: GRAPH, parents: parentsIn(context.runId, ns).slice(0, -1), metadata: metadataIn(context, ns) };
}

/** A task of a node: LangGraph's id of it is the id of its run. */
export function tracedNode(context: MessageContext, ns: readonly string[], task: { readonly id: string; readonly name: string; readonly triggers?: readonly string[] | undefined }, step: number): TracedRun {
  const { id, name, triggers = [] } = task;
  return {
    id,
    name,
    parents: parentsIn(context.runId, ns),
    tags: [`graph:step:${step}`],
    metadata: { ...metadataIn(context, [...ns, `${name}:${id}`]), langgraph_node: name, langgraph_step: step, langgraph_triggers: triggers },
  };
}

/** A call that a node makes. @param taskId of the node, when it is certain */
export function tracedCall(context: MessageContext, place: { readonly ns: readonly string[]; readonly node: string; readonly taskId: string | undefined }, call: { readonly id: string; readonly name: string }): TracedRun {
  const { ns, node, taskId } = place;
  return {
    id: uuidv5(call.id, context.runId),
    name: call.name,
    parents: [...parentsIn(context.runId, ns), ...(taskId === undefined ? [] : [taskId])],
    metadata: { ...metadataIn(context, taskId === undefined ? ns : [...ns, `${node}:${taskId}`]), langgraph_node: node },
  };
}

function graphId(runId: string, ns: readonly string[]): string {
  return ns.length === 0 ? runId : uuidv5(ns.join('|'), runId);
}

/** Of what runs in the graph of a namespace. Its parts are `node:task`, or `graph:call` of a sub-agent, which is no task. */
function parentsIn(runId: string, ns: readonly string[]): string[] {
  return [runId, ...ns.flatMap((part, i) => [part.slice(part.lastIndexOf(':') + 1), graphId(runId, ns.slice(0, i + 1))].filter((id) => validate(id)))];
}

function metadataIn(context: MessageContext, ns: readonly string[]): Record<string, unknown> {
  const { runId, threadId, assistantId, graphId: graph } = context;
  return { run_id: runId, thread_id: threadId, assistant_id: assistantId, graph_id: graph, langgraph_checkpoint_ns: ns.join('|') };
}
