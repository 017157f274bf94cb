import { CALL_RETRY } from '@holdfast/agent-runtime/api';
import { ERROR_CODES, type ErrorCode, HoldfastError, isHoldfastError } from '@holdfast/contracts/errors';
import { ApplicationFailure, ApplicationFailureCategory, CancelledFailure } from '@temporalio/common';

/** How long Temporal waits after this attempt before it makes the next. */
function policyDelayMs(attempt: number): number {
  const { initialInterval, backoffCoefficient, maximumInterval, maximumAttempts } = CALL_RETRY;
  return Math.min(maximumInterval, initialInterval * backoffCoefficient ** Math.min(attempt - 1, maximumAttempts));
}

/**
 * The border to Temporal: type = code, retryable as the code says. A Retry-After can only make the pause longer: attempts are
 * counted, and an outage that asks for short pauses would use them up within seconds. Causes stay here (they may quote requests,
 * and failures are stored in histories); the message is for a person. Cancellation and failures pass unchanged.
 * @param attempt the one that failed, from 1; left out where attempts are not limited
 */
export function toActivityFailure(error: unknown, attempt = 1): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const known: HoldfastError = isHoldfastError(error) ? error : unexpected(error);
  return ApplicationFailure.create({
    type: known.code,
    message: known.message,
    nonRetryable: !isRetryable(known.code),
    details: [{ kind: known.kind ?? ERROR_CODES[known.code].kind }],
    // Expected troubles of others are no warnings of ours: they show in metrics and in the history.
    ...(known.kind === 'defect' ? {} : { category: ApplicationFailureCategory.BENIGN }),
    ...(known.retryAfterMs === undefined || known.retryAfterMs <= policyDelayMs(attempt) ? {} : { nextRetryDelay: known.retryAfterMs }),
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
