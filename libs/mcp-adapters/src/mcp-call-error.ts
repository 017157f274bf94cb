/**
 * Why a call brought no result:
 * `UNAVAILABLE` the server was not reached, nothing was executed; `LOST` the connection broke after the call was sent, so whether it
 * was executed is unknown; `TIMEOUT` no answer in time, likewise unknown; `CANCELLED` the caller gave up; `PROTOCOL` the server answered
 * with a JSON-RPC error; `INVALID_RESULT` the answer is no MCP result.
 */
export type McpCallErrorCode = 'UNAVAILABLE' | 'LOST' | 'TIMEOUT' | 'CANCELLED' | 'PROTOCOL' | 'INVALID_RESULT';

/** Thrown by {@link McpServerConnection.call} and by connecting. Compare by `code`. */
export class McpCallError extends Error {
  override readonly name = 'McpCallError';

  constructor(
    readonly code: McpCallErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly rpcCode?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.rpcCode = options.rpcCode;
  }

  /** JSON-RPC error code when `code` is `PROTOCOL`. */
  readonly rpcCode: number | undefined;
}

/** True for an {@link McpCallError} of any realm. */
export function isMcpCallError(error: unknown): error is McpCallError {
  return error instanceof Error && error.name === 'McpCallError';
}
