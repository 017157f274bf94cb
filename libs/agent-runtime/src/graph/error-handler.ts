import type { LangGraphRunnableConfig, NodeError } from '@langchain/langgraph';
import { type ErrorKind, ERROR_CODES } from '@holdfast/contracts/errors';
import type { RunError } from '@holdfast/contracts/runs';
import { codeOfNodeError } from './node-error';

/** A failure of a node, as its handler sees it. */
export interface NodeFailure extends RunError {
  readonly kind: ErrorKind;
}

/** Options of {@link errorHandler}. */
export interface ErrorHandlerOptions<S, U> {
  /** Kinds of errors that are handled; every other one fails the run. */
  readonly on: readonly ErrorKind[];
  /** Makes calls like a node. A `Command` says where the graph goes on; after a mere update of the state it does not go on from here. */
  handle(state: S, failure: NodeFailure & { readonly node: string }): U | Promise<U>;
}

/** Options of {@link withFallback}. */
export interface FallbackOptions<S, U> {
  /** See {@link ErrorHandlerOptions}. */
  readonly on: readonly ErrorKind[];
  /** What the node returns then. Makes calls like the node itself. */
  instead(state: S, failure: NodeFailure, config: LangGraphRunnableConfig): U | Promise<U>;
}

/**
 * LangGraph's `errorHandler` of a node for failures of some kinds, to go elsewhere:
 * `addNode('ask', ask, { errorHandler: errorHandler({ on: ['model'], handle: () => new Command({ goto: 'apologise' }) }), ends: ['apologise'] })`.
 * A cancelled run stays cancelled.
 */
export function errorHandler<S, U>({ on, handle }: ErrorHandlerOptions<S, U>): (state: S, error: NodeError) => Promise<U> {
  return async (state, { node, error }) => {
    const failure = failureOf(error, on);
    // LangGraph takes the failed node's own error for handled, also when its handler throws it: the run would end as a success.
    if (failure === undefined) throw Object.create(error);
    return handle(state, { node, ...failure });
  };
}

/**
 * A node that does something else when it fails in some ways, and keeps its place in the graph:
 * `addNode('ask', withFallback(ask, { on: ['model'], instead: () => ({ answer: 'Nobody is there.' }) }))`.
 */
export function withFallback<S, U>(
  node: (state: S, config: LangGraphRunnableConfig) => U | Promise<U>,
  { on, instead }: FallbackOptions<S, U>,
): (state: S, config: LangGraphRunnableConfig) => Promise<U> {
  return async (state, config) => {
    try {
      return await node(state, config);
    } catch (error) {
      const failure = failureOf(error, on);
      if (failure === undefined) throw error;
      return instead(state, failure, config);
    }
  };
}

/** Undefined for other kinds. What has no code comes from the graph's own code, asks a person, or is the cancellation of the run. */
function failureOf(error: unknown, on: readonly ErrorKind[]): NodeFailure | undefined {
  const code = codeOfNodeError(error);
  if (code === undefined) return undefined;
  const { kind } = ERROR_CODES[code];
  return on.includes(kind) ? { code, kind, message: (error as Error).message } : undefined;
}
