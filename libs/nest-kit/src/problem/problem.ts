import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { ERROR_CODES, isHoldfastError, type ErrorCode, type FieldProblem } from '@holdfast/contracts/errors';

/** An RFC 9457 problem document. `detail` is the field that the LangGraph SDKs show. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** Path of the request, without its query. */
  readonly instance?: string;
  /** Finds the request in traces and logs. */
  readonly trace_id?: string;
  readonly request_id?: string;
  /** Which fields were refused. */
  readonly errors?: readonly FieldProblem[];
  readonly [extension: string]: unknown;
}

/** A problem with what goes into headers and logs beside it. */
export interface ProblemReply {
  readonly problem: Problem;
  readonly retryAfterSeconds?: number;
  /** True when the cause is ours and must be logged with its stack. */
  readonly unexpected: boolean;
}

const CODE_OF_STATUS = new Map<number, ErrorCode>([
  [400, 'BAD_REQUEST'],
  [401, 'UNAUTHENTICATED'],
  [403, 'PERMISSION_DENIED'],
  [404, 'NOT_FOUND'],
  [405, 'METHOD_NOT_ALLOWED'],
  [409, 'CONFLICT'],
  [413, 'BODY_TOO_LARGE'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
  [422, 'INVALID_ARGUMENT'],
  [429, 'RATE_LIMITED'],
  [503, 'DEPENDENCY_UNAVAILABLE'],
  [504, 'DEADLINE_EXCEEDED'],
]);

const CONNECTION_ERRORS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);
const MALFORMED_BODY = new Set(['FST_ERR_CTP_INVALID_JSON_BODY', 'FST_ERR_CTP_EMPTY_JSON_BODY', 'FST_ERR_CTP_INVALID_CONTENT_LENGTH']);

/**
 * Turns whatever was thrown into a problem document. Nothing of an unknown error shows to the caller. A ZodError is unknown like any
 * other: handlers refuse requests with INVALID_ARGUMENT and its fields, and a row or reply of our own that does not fit its schema
 * is no fault of the caller.
 */
export function toProblem(error: unknown): ProblemReply {
  if (isHoldfastError(error)) return fromHoldfastError(error);
  const { status, code } = (error ?? {}) as { status?: unknown; code?: unknown };
  if (typeof code === 'string' && CONNECTION_ERRORS.has(code)) {
    return { ...reply('DEPENDENCY_UNAVAILABLE', 503, 'A server that is needed does not answer.'), retryAfterSeconds: 1, unexpected: true };
  }
  // Nest wraps what fastify threw.
  const cause = (error as { cause?: { code?: unknown } } | null)?.cause?.code;
  if (MALFORMED_BODY.has(String(code)) || MALFORMED_BODY.has(String(cause))) return reply('MALFORMED_JSON', 400, 'The body is not valid JSON.');
  const httpStatus = error instanceof HttpException ? error.getStatus() : ((error as { statusCode?: unknown })?.statusCode ?? status);
  if (typeof httpStatus === 'number' && httpStatus >= 400 && httpStatus < 500 && error instanceof Error) {
    return reply(CODE_OF_STATUS.get(httpStatus) ?? 'BAD_REQUEST', httpStatus, error.message);
  }
  if (error instanceof HttpException && CODE_OF_STATUS.has(httpStatus as number)) {
    return reply(CODE_OF_STATUS.get(httpStatus as number) ?? 'INTERNAL', httpStatus as number, error.message);
  }
  return { ...reply('INTERNAL', 500, 'An internal error occurred; its trace id finds it in the logs.'), unexpected: true };
}

function fromHoldfastError(error: Error & { code: ErrorCode; kind: string; fields?: readonly FieldProblem[]; retryAfterMs?: number | undefined; details?: object }): ProblemReply {
  const { status } = ERROR_CODES[error.code];
  if (error.code === 'INTERNAL') return { ...toProblem(undefined), unexpected: true };
  const fields = error.fields ?? [];
  const extensions = { ...error.details, ...(fields.length === 0 ? {} : { errors: fields }) };
  const retryAfterMs = error.retryAfterMs ?? (status === 503 || status === 429 ? 1000 : undefined);
  return {
    ...reply(error.code, status, error.message, extensions),
    ...(retryAfterMs === undefined ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)) }),
    unexpected: error.kind === 'defect',
  };
}

function reply(code: ErrorCode, status: number, detail: string, extensions: object = {}): ProblemReply {
  return { problem: { ...extensions, type: `urn:holdfast:error:${code}`, title: titleOf(code, status), status, detail, code }, unexpected: false };
}

function titleOf(code: string, status: number): string {
  const words = code.toLowerCase().replaceAll('_', ' ');
  return code === 'INTERNAL' ? (STATUS_CODES[status] ?? 'Error') : words.charAt(0).toUpperCase() + words.slice(1);
}
