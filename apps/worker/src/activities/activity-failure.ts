import { ERROR_CODES, type ErrorCode, HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';

/**
 * The border to Temporal: type = code, retryable as the code says. Causes stay here (they may quote requests, and failures are stored in
 * histories); the message is for a person. Cancellation and failures pass unchanged.
 * @param pauseMs before the next attempt; undefined: Temporal's policy decides. Default, where attempts are not counted: the Retry-After alone
 */
export function toActivityFailure(error: unknown, pauseMs: (retryAfterMs: number | undefined) => number | undefined = (asked) => asked): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const known: HoldfastError = isHoldfastError(error) ? error : unexpected(error);
  const repeats = isRetryable(known.code);
  const nextRetryDelay = repeats ? pauseMs(known.retryAfterMs) : undefined;
  return ApplicationFailure.create({
    type: known.code,
    message: known.message,
    nonRetryable: !repeats,
    details: [{ kind: known.kind ?? ERROR_CODES[known.code].kind }],
    // Expected troubles of others are no warnings of ours: they show in metrics and in the history.
    ...(known.kind === 'defect' ? {} : { category: ApplicationFailureCategory.BENIGN }),
    ...(nextRetryDelay === undefined ? {} : { nextRetryDelay }),
  });
}

/** The code that a failed attempt is counted under. */
export function codeOf(error: unknown): string {
  if (error instanceof CancelledFailure) return 'CANCELLED';
  if (error instanceof ApplicationFailure) return error.type ?? 'INTERNAL';
  return isHoldfastError(error) ? error.code : 'INTERNAL';
}

function isRetryable(code: ErrorCode): boolean {
  return ERROR_CODES[code].retryable;
}

// Libraries name such errors in their own way; one that comes through as the operating system's is no defect either.
const NETWORK_CODE = /^(?:ECONN|EPIPE|EHOST|ENET|EAI_|ETIMEDOUT|ENOTFOUND)/;

function unexpected(error: unknown): HoldfastError {
  const { name = typeof error, code } = (error ?? {}) as { name?: string; code?: unknown };
  if (typeof code === 'string' && NETWORK_CODE.test(code)) {
    return new HoldfastError('DEPENDENCY_UNAVAILABLE', `A server that the call needs cannot be reached (${code}).`, { cause: error });
  }
  return new HoldfastError('INTERNAL', `The worker failed unexpectedly (${name}); its log has the details.`, { cause: error });
}
