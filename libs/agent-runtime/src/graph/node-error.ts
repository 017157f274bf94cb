import { type ErrorCode, isErrorCode, isHoldfastError } from '@holdfast/contracts/errors';

/** Gives an error of a node its code for a name: LangGraph stores message and name, and makes a new error of them for a handler that it calls again. */
export function nameByCode(error: Error): void {
  if (isHoldfastError(error)) Object.assign(error, { name: error.code });
}

/** The code of a node's error, also when it comes from a checkpoint: see {@link nameByCode}. */
export function codeOfNodeError(error: unknown): ErrorCode | undefined {
  if (isHoldfastError(error)) return error.code;
  return error instanceof Error && isErrorCode(error.name) ? error.name : undefined;
}
