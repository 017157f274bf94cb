import type { RunnableConfig } from '@langchain/core/runnables';
import { MAX_ERROR_TEXT } from '@holdfast/contracts/limits';
import { type CallPort, CALL_PORT_KEY } from './call-port';
import type { RunnableGraph } from './graph-definition';
import { nameByCode } from './node-error';
import { subGraphsOf } from './sub-graphs';

type AnyFunction = (...args: unknown[]) => unknown;

interface Parts {
  readonly nodes: Readonly<Record<string, { readonly bound?: { func?: AnyFunction } }>>;
  /** What the graph was compiled from: only there its conditional edges can be reached. */
  readonly builder?: { readonly branches?: Readonly<Record<string, Readonly<Record<string, { readonly path: EdgePath }>>>> };
}

/** A function as LangChain wraps it, or some other runnable. */
interface EdgePath {
  func?: AnyFunction;
  invoke: AnyFunction;
}

/**
 * Makes whatever a node or a conditional edge throws an error with a message of bounded length, named by its code. LangGraph takes `throw undefined` of a node
 * for success, and what is no error for a fault of its own. Before each node the run may let go ({@link CallPort.rested}): LangGraph itself goes on as long as
 * nodes need nothing.
 */
export function guardNodes(graph: RunnableGraph): void {
  for (const [, subGraph] of subGraphsOf(graph)) guardNodes(subGraph);
  const { nodes, builder } = graph as unknown as Parts;
  for (const { bound } of Object.values(nodes)) {
    if (typeof bound?.func === 'function') bound.func = guarded(bound.func, 'a node', (args) => portOf(args)?.rested?.());
  }
  for (const { path } of Object.values(builder?.branches ?? {}).flatMap((branches) => Object.values(branches))) {
    const method = typeof path.func === 'function' ? 'func' : 'invoke';
    path[method] = guarded(path[method]!, 'an edge');
  }
}

/** @param rested a promise when something has to be waited for before the function is called */
function guarded(func: AnyFunction, what: string, rested?: (args: readonly unknown[]) => Promise<void> | undefined): AnyFunction {
  return function guard(this: unknown, ...args: unknown[]): unknown {
    try {
      const pause = rested?.(args);
      const result = pause === undefined ? func.apply(this, args) : pause.then(() => func.apply(this, args));
      return result instanceof Promise ? result.catch((thrown: unknown) => rethrow(thrown, what)) : result;
    } catch (thrown) {
      return rethrow(thrown, what);
    }
  };
}

/** A node is given its state and LangGraph's config. */
function portOf([, config]: readonly unknown[]): CallPort | undefined {
  return (config as RunnableConfig | undefined)?.configurable?.[CALL_PORT_KEY] as CallPort | undefined;
}

function rethrow(thrown: unknown, what: string): never {
  if (!(thrown instanceof Error)) throw new Error(`${what} threw ${textOf(thrown)}, which is no error`);
  if (thrown.message.length > MAX_ERROR_TEXT) thrown.message = `${thrown.message.slice(0, MAX_ERROR_TEXT)} …`;
  nameByCode(thrown);
  throw thrown;
}

function textOf(thrown: unknown): string {
  try {
    const text = typeof thrown === 'object' ? JSON.stringify(thrown) : String(thrown);
    return text.length > MAX_ERROR_TEXT ? `${text.slice(0, MAX_ERROR_TEXT)} …` : text;
  } catch {
    return `a value of type ${typeof thrown}`;
  }
}
