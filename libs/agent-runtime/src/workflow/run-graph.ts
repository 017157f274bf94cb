import { type RunControl, Command, INTERRUPT, Send, isGraphDrained } from '@langchain/langgraph';
import type { BeginRunGo } from '../api';
import { type CallPort, type RunnableGraph, CALL_PORT_KEY } from '../graph';
import type { WorkflowSaver } from './saver';

/** Stream modes that the journal is made of; every mode of the API can be derived from them. */
export type ChunkMode = 'values' | 'updates' | 'tasks' | 'custom' | 'checkpoints';

const MODES: readonly ChunkMode[] = ['values', 'updates', 'tasks', 'custom', 'checkpoints'];

/** What drives a graph through one run. */
export interface GraphRun {
  readonly graph: RunnableGraph;
  readonly begin: BeginRunGo;
  readonly ids: { readonly threadId: string; readonly runId: string };
  readonly saver: WorkflowSaver;
  readonly calls: CallPort;
  /** Supersteps that are left. */
  readonly recursionLimit: number;
  readonly control: RunControl;
  /** Called in the order in which LangGraph emits, within the activation that caused it. */
  onChunk(ns: readonly string[], mode: ChunkMode, payload: unknown): void;
}

/** How the graph stopped; errors and cancellation are thrown. */
export type GraphOutcome = 'done' | 'interrupted' | 'drained';

/** The private iterator behind `stream()` and `invoke()`. */
interface Streamable {
  _streamIterator(input: unknown, options: Readonly<Record<string, unknown>>): AsyncGenerator<[string[], ChunkMode, unknown]>;
}

/**
 * Drives a graph until it ends, waits or is drained.
 * `_streamIterator` instead of `stream()`: that one wraps it in three more streams (abort controller, ReadableStream, re-pump), and a
 * workflow has one reader and its own cancellation. `durability: 'async'`: every superstep's checkpoint reaches the saver.
 */
export async function runGraph(run: GraphRun): Promise<GraphOutcome> {
  let interrupted = false;
  const chunks = (run.graph as unknown as Streamable)._streamIterator(inputOf(run.begin), optionsOf(run));
  try {
    for await (const [ns, mode, payload] of chunks) {
      if (ns.length === 0 && isInterruptNotice(payload)) interrupted = true;
      run.onChunk(ns, mode, payload);
    }
  } catch (error) {
    if (error instanceof Error && isGraphDrained(error)) return 'drained';
    throw error;
  }
  return interrupted ? 'interrupted' : 'done';
}

/** True for the chunk by which LangGraph says that the graph waits: `{ __interrupt__: [...] }`. */
export function isInterruptNotice(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && INTERRUPT in payload;
}

function inputOf(begin: BeginRunGo): unknown {
  const { command } = begin;
  if (command === undefined) return begin.input;
  return new Command({
    ...(command.resume === undefined ? {} : { resume: command.resume }),
    ...(command.update === undefined ? {} : { update: command.update as Record<string, unknown> }),
    ...(command.goto === undefined ? {} : { goto: gotoOf(command.goto) }),
  });
}

/** `goto` of the protocol: node names, or `{ node, input }` for a Send, alone or in a list. */
function gotoOf(goto: unknown): string | Send | (string | Send)[] {
  if (Array.isArray(goto)) return goto.map((item) => gotoOf(item) as string | Send);
  if (typeof goto === 'string') return goto;
  const { node, input } = goto as { node: string; input?: unknown };
  return new Send(node, input);
}

function optionsOf({ begin, saver, calls, control, recursionLimit, ids }: GraphRun): Record<string, unknown> {
  return {
    streamMode: MODES,
    subgraphs: true,
    durability: 'async',
    recursionLimit,
    control,
    context: begin.context,
    tags: [...begin.config.tags],
    ...(begin.interruptBefore === null ? {} : { interruptBefore: begin.interruptBefore }),
    ...(begin.interruptAfter === null ? {} : { interruptAfter: begin.interruptAfter }),
    configurable: {
      ...callersKeys(begin.config.configurable),
      thread_id: ids.threadId,
      run_id: ids.runId,
      graph_id: begin.graphId,
      [CALL_PORT_KEY]: calls,
      __pregel_checkpointer: saver,
    },
  };
}

/** LangGraph steers itself by keys of `configurable`; those must not come from a caller. */
function callersKeys(configurable: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(configurable).filter(([key]) => !key.startsWith('__') && !key.startsWith('checkpoint_')));
}
