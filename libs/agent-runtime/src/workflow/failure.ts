import { ActivityFailure, ApplicationFailure, CancelledFailure, TemporalFailure, TimeoutFailure, isCancellation } from '@temporalio/workflow';
import { type ErrorCode, ERROR_CODES, HoldfastError, isErrorCode } from '@holdfast/contracts/errors';
import type { RunError } from '@holdfast/contracts/runs';
import { callKindOf } from '../api';
import { codeOfNodeError } from '../graph/node-error';

/** Errors of LangGraph that mean something to a caller, by class name: classes do not survive bundling, names do. */
const GRAPH_ERRORS: Readonly<Record<string, ErrorCode>> = {
  GraphRecursionError: 'GRAPH_RECURSION_LIMIT',
  EmptyInputError: 'INVALID_ARGUMENT',
  UnknownInterruptError: 'INVALID_ARGUMENT',
};

/** What a node's call runs into when its activity never answered. */
const TIMEOUT_CODES: Readonly<Record<string, ErrorCode>> = { model: 'MODEL_TIMEOUT', tool: 'TOOL_TIMEOUT' };

/** LangGraph appends a link to its documentation; a code says more. */
const TROUBLESHOOTING = /\s*Troubleshooting URL: \S+\s*$/;

/** True when the error is the cancellation of the scope that the graph ran in, alone or among others. */
export function isCancelled(error: unknown): boolean {
  return parts(error).some((part) => isCancellation(part));
}

/**
 * Why a run failed, as stored and shown. Anything that a graph throws ends here: a plain error that left the workflow code would fail
 * the workflow *task*, which the server repeats for ever.
 */
export function toRunError(error: unknown): RunError {
  const all = parts(error);
  return describe(all.find((part) => part instanceof TemporalFailure) ?? all[0]);
}

/** Whether a run ended because what a node gave, or the state it led to, cannot be stored. */
export function isRefused(error: RunError | undefined): boolean {
  return error?.code === 'RESULT_INVALID' || error?.code === 'RESULT_TOO_LARGE' || error?.code === 'STATE_TOO_LARGE';
}

/** The failure of an Update whose work went wrong; plain errors would fail the workflow task here, too. */
export function toUpdateFailure(error: unknown): ApplicationFailure {
  const { code, message } = toRunError(error);
  return ApplicationFailure.create({ message, type: code, nonRetryable: true });
}

/** Whether a call that failed once may succeed when it is made again; false for a cancellation. */
export function mayBeRepeated(error: unknown): boolean {
  if (isCancellation(error)) return false;
  // What failed in the local lane comes without the wrapper.
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof TimeoutFailure || (cause instanceof ApplicationFailure && cause.nonRetryable !== true);
}

/** What a node is told of a call that failed: a HoldfastError, so that its author can tell failures apart. A cancellation stays what it is. */
export function toCallError(failure: unknown): unknown {
  if (isCancellation(failure)) return failure;
  const { code, message } = toRunError(failure);
  return new HoldfastError(code as ErrorCode, message, { cause: failure });
}

/** The code in an error's chain of causes, if one is there. */
export function codeOf(error: unknown): string | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 10; e = e.cause, depth++) {
    if (e instanceof ApplicationFailure && e.type) return e.type;
  }
  return undefined;
}

function describe(error: unknown): RunError {
  const code = codeOfNodeError(error);
  if (code !== undefined) return runError(code, (error as Error).message);
  if (error instanceof ActivityFailure) return describeCall(error);
  if (error instanceof ApplicationFailure) return describeApplicationFailure(error);
  if (error instanceof CancelledFailure) return runError('RUN_CANCELLED', error.message);
  if (error instanceof TemporalFailure) return runError('DEPENDENCY_UNAVAILABLE', error.message);
  const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) };
  const text = message.replace(TROUBLESHOOTING, '');
  const known = GRAPH_ERRORS[name];
  return known === undefined ? runError('GRAPH_FAILED', `${name}: ${text}`) : runError(known, text);
}

/** An activity failure only names the activity; its cause says what happened. */
function describeCall(error: ActivityFailure): RunError {
  const { cause } = error;
  if (cause instanceof ApplicationFailure) return describeApplicationFailure(cause);
  if (cause instanceof TimeoutFailure) {
    return runError(TIMEOUT_CODES[callKindOf(error.activityType) ?? ''] ?? 'DEADLINE_EXCEEDED', `${error.activityType}: ${cause.message}`);
  }
  return runError('DEPENDENCY_UNAVAILABLE', `${error.activityType}: ${cause?.message ?? error.message}`);
}

/** Activities of ours put the code into the type; a type that is no code is the class of an error that nobody expected. */
function describeApplicationFailure(error: ApplicationFailure): RunError {
  if (isErrorCode(error.type)) return runError(error.type, error.message);
  return runError('INTERNAL', `${error.type ?? 'Error'}: ${error.message}`);
}

function runError(code: ErrorCode, message: string): RunError {
  return { code, message, kind: ERROR_CODES[code].kind };
}

function parts(error: unknown): unknown[] {
  return error instanceof AggregateError ? error.errors : [error];
}

/** The error of a run whose graph this build does not have. */
export function unknownGraph(graphId: string): HoldfastError {
  return new HoldfastError('GRAPH_UNKNOWN', `this build has no graph ${graphId}`);
}
