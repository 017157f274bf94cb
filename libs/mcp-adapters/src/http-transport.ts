import { StreamableHTTPClientTransport, type JSONRPCMessage, type RequestId } from '@modelcontextprotocol/client';
import { boundedFetch } from './bounded-fetch';
import type { HttpServerSpec } from './server-spec';

/** JSON-RPC error code of the answer we make up when a response stream ends without one; outside the ranges of JSON-RPC and MCP. */
export const STREAM_ENDED = 1;

type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1];

/**
 * The SDK's HTTP transport, with bounded messages, and with a call that fails at once when its response stream ends without an answer.
 * The SDK alone leaves such a call pending until its timeout (a server killed in the middle of a call).
 */
export class BoundedHttpTransport extends StreamableHTTPClientTransport {
  readonly #open = new Set<RequestId>();

  constructor(spec: HttpServerSpec, maxMessageBytes: number) {
    super(new URL(spec.url), {
      fetch: boundedFetch(maxMessageBytes),
      ...(spec.headers === undefined ? {} : { requestInit: { headers: { ...spec.headers } } }),
      // Enough to resume a stream that a proxy cut; a server that is gone is left to McpServerConnection.
      reconnectionOptions: { initialReconnectionDelay: 200, maxReconnectionDelay: 1_000, reconnectionDelayGrowFactor: 2, maxRetries: 2 },
      // Every credential here is the operator's and fixed: there is nobody to ask for more scope.
      onInsufficientScope: 'throw',
    });
  }

  /** To be called once the client is connected: from then on unanswered streams fail their call. */
  watchStreams(): void {
    const deliver = this.onmessage;
    this.onmessage = (message) => {
      if (isAnswer(message)) this.#open.delete(message.id);
      deliver?.(message);
    };
  }

  override async send(message: JSONRPCMessage | JSONRPCMessage[], options?: SendOptions): Promise<void> {
    const id = requestId(message);
    if (id === undefined) return super.send(message, options);
    this.#open.add(id);
    const onRequestStreamEnd = (): void => {
      options?.onRequestStreamEnd?.();
      if (!this.#open.delete(id)) return;
      this.onmessage?.({ jsonrpc: '2.0', id, error: { code: STREAM_ENDED, message: 'the response stream ended without an answer' } });
    };
    try {
      await super.send(message, { ...options, onRequestStreamEnd });
    } catch (error) {
      this.#open.delete(id);
      throw error;
    }
  }
}

function requestId(message: JSONRPCMessage | JSONRPCMessage[]): RequestId | undefined {
  return !Array.isArray(message) && 'method' in message && 'id' in message ? message.id : undefined;
}

function isAnswer(message: JSONRPCMessage): message is JSONRPCMessage & { id: RequestId } {
  return !('method' in message) && 'id' in message;
}
