import { Metadata, status, type StatusObject } from '@grpc/grpc-js';
import { HoldfastError, isErrorCode, isHoldfastError, type ErrorCode } from '@holdfast/contracts/errors';
import { z } from 'zod';
import type { RpcService } from './proto';

/** Trailing metadata key with our error as JSON. */
export const ERROR_METADATA_KEY = 'holdfast-error';

const MAX_MESSAGE_LENGTH = 1_000;

// MAINTENANCE: the one table from our codes to gRPC at this border; codes that are not named become UNKNOWN.
const GRPC_STATUS: Partial<Record<ErrorCode, status>> = {
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  NOT_FOUND: status.NOT_FOUND,
  BAD_REQUEST: status.INVALID_ARGUMENT,
  MALFORMED_JSON: status.INVALID_ARGUMENT,
  BODY_TOO_LARGE: status.INVALID_ARGUMENT,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  DEPENDENCY_UNAVAILABLE: status.UNAVAILABLE,
  TOOL_UNAVAILABLE: status.UNAVAILABLE,
  TOOL_ROUTER_UNAVAILABLE: status.UNAVAILABLE,
  TOOL_CALL_IN_FLIGHT: status.ABORTED,
  CALL_CONFLICT: status.FAILED_PRECONDITION,
  TOOL_BUSY: status.RESOURCE_EXHAUSTED,
  RATE_LIMITED: status.RESOURCE_EXHAUSTED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  TOOL_TIMEOUT: status.DEADLINE_EXCEEDED,
  INTERNAL: status.INTERNAL,
};

const wireErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryAfterMs: z.number().nonnegative().optional(),
  details: z.record(z.string(), z.unknown()).optional(),
});

/** A gRPC status object with our error in its trailing metadata. Anything that is not ours becomes INTERNAL without its text. */
export function toRpcStatus(error: unknown): Pick<StatusObject, 'code' | 'details' | 'metadata'> & { message: string } {
  const known = isHoldfastError(error) ? error : new HoldfastError('INTERNAL', 'The call failed.');
  const message = known.message.slice(0, MAX_MESSAGE_LENGTH);
  const metadata = new Metadata();
  const wire = { code: known.code, message, details: known.details, retryAfterMs: known.retryAfterMs };
  // gRPC metadata is ASCII; base64 keeps texts of any script whole.
  metadata.set(ERROR_METADATA_KEY, Buffer.from(JSON.stringify(wire), 'utf8').toString('base64'));
  return { code: GRPC_STATUS[known.code] ?? status.UNKNOWN, details: message, message, metadata };
}

/** Structural view of grpc-js' ServiceError: `instanceof` fails across duplicate packages. */
interface RpcFailure {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}

/**
 * The error a caller of a gRPC client sees: the server's own when it sent one, else the service's code
 * for UNAVAILABLE and for UNIMPLEMENTED (another server may be of a build that has the method), DEADLINE_EXCEEDED for the deadline,
 * UNAUTHENTICATED, INVALID_ARGUMENT, INTERNAL.
 * `details.grpc` holds the status name.
 */
export function fromRpcFailure(error: unknown, { peer, unavailable }: Pick<RpcService, 'peer' | 'unavailable'>): HoldfastError {
  if (!isRpcFailure(error)) return new HoldfastError('INTERNAL', `The call to the ${peer} failed.`, { cause: error });
  const grpc = status[error.code] ?? String(error.code);
  const wire = readWireError(error.metadata);
  if (wire !== undefined) {
    const { code, message, retryAfterMs, details } = wire;
    return new HoldfastError(code, message, { cause: error, details: { ...details, grpc }, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
  }
  return new HoldfastError(localCode(error.code, unavailable), `The ${peer} answered ${grpc}: ${error.details.slice(0, MAX_MESSAGE_LENGTH)}`, {
    cause: error,
    details: { grpc },
  });
}

function localCode(code: number, unavailable: ErrorCode): ErrorCode {
  switch (code) {
    case status.UNAVAILABLE:
    case status.UNIMPLEMENTED:
      return unavailable;
    case status.DEADLINE_EXCEEDED:
      return 'DEADLINE_EXCEEDED';
    case status.UNAUTHENTICATED:
      return 'UNAUTHENTICATED';
    case status.RESOURCE_EXHAUSTED:
      // Without our trailer it is gRPC's own limit: the message is too large, and a repeat would be too.
      return 'BODY_TOO_LARGE';
    case status.INVALID_ARGUMENT:
      return 'INVALID_ARGUMENT';
    default:
      return 'INTERNAL';
  }
}

function readWireError(metadata: Metadata | undefined): (z.infer<typeof wireErrorSchema> & { code: ErrorCode }) | undefined {
  const value = metadata?.get(ERROR_METADATA_KEY)[0];
  if (typeof value !== 'string') return undefined;
  try {
    const wire = wireErrorSchema.parse(JSON.parse(Buffer.from(value, 'base64').toString('utf8')));
    return isErrorCode(wire.code) ? { ...wire, code: wire.code } : undefined;
  } catch {
    // A peer of another version: the gRPC status still tells the class of the failure.
    return undefined;
  }
}

function isRpcFailure(error: unknown): error is RpcFailure {
  return error instanceof Error && typeof (error as Partial<RpcFailure>).code === 'number' && 'details' in error;
}
