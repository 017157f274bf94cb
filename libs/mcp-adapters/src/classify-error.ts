import { SdkErrorCode } from '@modelcontextprotocol/client';
import { STREAM_ENDED } from './http-transport';
import { McpCallError, isMcpCallError } from './mcp-call-error';

/** What a failed call means for the connection. */
export interface Classified {
  readonly error: McpCallError;
  /**
   * `session-gone`: the server forgot us before executing anything, a new session may repeat the call. `broken`: connect again.
   * `doubtful`: other calls may still be fine, a sign of life decides.
   */
  readonly connection: 'intact' | 'doubtful' | 'broken' | 'session-gone';
}

/** Network errors that happen before a byte of the request is sent. */
const NOT_SENT = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

const SESSION_STATUSES = new Set([400, 404]);
const NOT_EXECUTED_STATUSES = new Set([401, 403, 405, 413, 415, 429, 503]);

/**
 * Reads the SDK's and fetch's errors.
 * @param hasSession whether the connection has a legacy session id: only then a 400 or 404 means that the server lost it.
 */
export function classifyError(error: unknown, hasSession: boolean): Classified {
  if (isMcpCallError(error)) return { error, connection: 'intact' };
  const { code, status, message } = facets(error);
  if (code === SdkErrorCode.RequestTimeout) return intact('TIMEOUT', 'The tool server did not answer in time.', error);
  if (code === SdkErrorCode.ConnectionClosed) return broken('LOST', 'The connection to the tool server broke during the call.', error);
  if (code === SdkErrorCode.NotConnected || message === 'Not connected') return broken('UNAVAILABLE', 'The tool server is not connected.', error);
  if (status !== undefined) return ofStatus(status, hasSession, error);
  if (code === STREAM_ENDED) return doubtful('The answer of the tool server broke off.', error);
  if (typeof code === 'number') {
    return { error: new McpCallError('PROTOCOL', message, { cause: error, rpcCode: code }), connection: 'intact' };
  }
  const network = networkCode(error);
  if (network !== undefined) {
    return NOT_SENT.has(network)
      ? broken('UNAVAILABLE', `The tool server cannot be reached (${network}).`, error)
      : doubtful(`The connection to the tool server broke during the call (${network}).`, error);
  }
  if (code === SdkErrorCode.InvalidResult || code === SdkErrorCode.UnsupportedResultType || code === SdkErrorCode.ClientHttpUnexpectedContent) {
    return intact('INVALID_RESULT', `The tool server answered with something that is no tool result: ${message.slice(0, 300)}`, error);
  }
  return doubtful(`The call to the tool server failed: ${message.slice(0, 300)}`, error);
}

function ofStatus(status: number, hasSession: boolean, cause: unknown): Classified {
  if (hasSession && SESSION_STATUSES.has(status)) {
    return { error: new McpCallError('UNAVAILABLE', 'The tool server forgot the session.', { cause }), connection: 'session-gone' };
  }
  const text = `The tool server answered HTTP ${status}.`;
  if (NOT_EXECUTED_STATUSES.has(status)) return intact('UNAVAILABLE', text, cause);
  return status >= 500 ? doubtful(text, cause) : intact('INVALID_RESULT', text, cause);
}

function intact(code: McpCallError['code'], message: string, cause: unknown): Classified {
  return { error: new McpCallError(code, message, { cause }), connection: 'intact' };
}

function doubtful(message: string, cause: unknown): Classified {
  return { error: new McpCallError('LOST', message, { cause }), connection: 'doubtful' };
}

function broken(code: McpCallError['code'], message: string, cause: unknown): Classified {
  return { error: new McpCallError(code, message, { cause }), connection: 'broken' };
}

function facets(error: unknown): { code: unknown; status: number | undefined; message: string } {
  if (!(error instanceof Error)) return { code: undefined, status: undefined, message: String(error) };
  const { code, data } = error as { code?: unknown; data?: unknown };
  const status = typeof data === 'object' && data !== null ? (data as { status?: unknown }).status : undefined;
  // A JSON-RPC error may carry any data, also one with `status`; the SDK's HTTP errors have text codes.
  return { code, status: typeof code === 'string' && typeof status === 'number' ? status : undefined, message: error.message };
}

function networkCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const code = (at as { code?: unknown }).code;
    if (typeof code === 'string' && /^(E[A-Z0-9]+|EAI_AGAIN|UND_ERR_[A-Z_]+)$/.test(code)) return code;
  }
  return undefined;
}
