import type { RunnableConfig } from '@langchain/core/runnables';
import { MAX_ERROR_TEXT } from '@holdfast/contracts/limits';
import { type CallPort, CALL_PORT_KEY } from './call-port';
import type { RunnableGraph } from './graph-definition';
import { nameByCode } from './node-error';

type NodeFunction = (...args: unknown[]) => unknown;

interface Parts {
  readonly nodes: Readonly<Record<string, { readonly bound?: { func?: NodeFunction } & Partial<Parts> }>>;
}

/**
 * Makes whatever a node throws an error with a message of bounded length, named by its code. LangGraph takes `throw undefined` for success, and what is no
 * error for a fault of its own. Before each node the run may let go ({@link CallPort.rested}): LangGraph itself goes on as long as nodes need nothing.
 */
export function guardNodes(graph: RunnableGraph): void {
  for (const { bound } of Object.values((graph as unknown as Parts).nodes)) {
    if (bound?.nodes !== undefined) guardNodes(bound as unknown as RunnableGraph);
    const { func } = bound ?? {};
    if (typeof func !== 'function') continue;
    bound!.func = function guarded(this: unknown, ...args: unknown[]): unknown {
      try {
        const rested = portOf(args)?.rested?.();
        const result = rested === undefined ? func.apply(this, args) : rested.then(() => func.apply(this, args));
        return result instanceof Promise ? result.catch(rethrow) : result;
      } catch (thrown) {
        return rethrow(thrown);
      }
    };
  }
}

/** A node is given its state and LangGraph's config. */
function portOf([, config]: readonly unknown[]): CallPort | undefined {
  return (config as RunnableConfig | undefined)?.configurable?.[CALL_PORT_KEY] as CallPort | undefined;
}

function rethrow(thrown: unknown): never {
  if (!(thrown instanceof Error)) throw new Error(`a node threw ${textOf(thrown)}, which is no error`);
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
