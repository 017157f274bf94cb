import { Client, Metadata, credentials, type CallOptions, type ClientUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { TenantContext } from '@holdfast/tenant-context';
import { CONTEXT_METADATA_KEY, createContextCodec, type ContextCodec } from './context-codec';
import { KEEPALIVE_OPTIONS, LOADER_OPTIONS, MAX_ARGUMENTS_LENGTH, MAX_TOOL_NAME_LENGTH, TOOLS_PROTO, TOOL_ROUTER_SERVICE, protoDir } from './proto';
import { fromRpcFailure } from './rpc-status';
import type { ToolCall, ToolCallResult, ToolList } from './tool-messages';
import { parseCallReply, parseListReply } from './wire-parsing';

/** Options of {@link ToolRouterClient}. */
export interface ToolRouterClientOptions {
  /** `host:port` of the router (TOOL_ROUTER_ADDRESS). */
  readonly address: string;
  /** HOLDFAST_INTERNAL_SECRET. */
  readonly secret: string;
  /** Deadline of a call that names none. Milliseconds, default 60,000. */
  readonly timeoutMs?: number;
  /** Longest pause between attempts to connect; the client never gives up. Milliseconds, default 2,000. */
  readonly maxReconnectMs?: number;
  /** The `traceparent` of the span under way; used instead of the context's when it gives one. */
  readonly traceparent?: () => string | undefined;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

/** Options of one call. */
export interface CallControl {
  /** Deadline from now, milliseconds. Reaches the tool server's call. */
  readonly timeoutMs?: number;
  /** Cancels the call on the router, and on the tool server when nobody else waits for it. */
  readonly signal?: AbortSignal;
}

/** Options of one {@link ToolRouterClient.callTool}. */
export interface ToolCallControl extends CallControl {
  /** Brings content blocks and structured content too. They repeat what the text says, so by default they stay in the router. */
  readonly withContent?: boolean;
}

/**
 * Client of the tool router, usable without Nest. One HTTP/2 channel that reconnects for ever; a call while the router is away fails
 * at once, so that the caller's own retries (Temporal) decide.
 *
 * Every method throws HoldfastError: TOOL_ROUTER_UNAVAILABLE (not reached or lost on the way; retryable), DEADLINE_EXCEEDED,
 * the router's own codes (DEPENDENCY_UNAVAILABLE, TOOL_UNAVAILABLE, TOOL_BUSY, TOOL_CALL_IN_FLIGHT: retryable; UNAUTHENTICATED,
 * INVALID_ARGUMENT, CALL_CONFLICT: not), or the signal's reason when the signal ended the call.
 */
export class ToolRouterClient {
  readonly #client: Client;
  readonly #codec: ContextCodec;
  readonly #methods = loadMethods();
  readonly #timeoutMs: number;
  readonly #traceparent: () => string | undefined;

  constructor(options: ToolRouterClientOptions) {
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#traceparent = options.traceparent ?? (() => undefined);
    this.#codec = createContextCodec({ secret: options.secret, audience: TOOL_ROUTER_SERVICE, ...(options.now ? { now: options.now } : {}) });
    this.#client = new Client(options.address, credentials.createInsecure(), {
      ...KEEPALIVE_OPTIONS,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': options.maxReconnectMs ?? 2_000,
      // Retries belong to Temporal; a transparent repeat of a tool call is exactly what must not happen.
      'grpc.enable_retries': 0,
      'grpc.service_config_disable_resolution': 1,
    });
  }

  /** Tools that the tenant may use; `include` holds model-facing names in which `*` stands for any characters. */
  async listTools(ctx: TenantContext, include: readonly string[] = [], control: CallControl = {}): Promise<ToolList> {
    return parseListReply(await this.#unary(ctx, 'ListTools', { include: [...include] }, control));
  }

  /** Calls one tool. Tool errors and refusals are results. */
  async callTool(ctx: TenantContext, call: ToolCall, control: ToolCallControl = {}): Promise<ToolCallResult> {
    const { runId, threadId, callId, originRunId = '' } = call;
    const { withContent = false } = control;
    // Name and arguments are a model's, of any length: one character too many is enough for the router to refuse them in words, and
    // the whole might not fit into a message.
    const name = call.name.slice(0, MAX_TOOL_NAME_LENGTH + 1);
    const argumentsJson = JSON.stringify(call.args).slice(0, MAX_ARGUMENTS_LENGTH + 1);
    return parseCallReply(await this.#unary(ctx, 'CallTool', { runId, threadId, callId, originRunId, name, argumentsJson, withContent }, control));
  }

  /** Resolves once connected. @throws HoldfastError TOOL_ROUTER_UNAVAILABLE when that takes longer. */
  async waitForReady(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#client.waitForReady(new Date(Date.now() + timeoutMs), (error) => (error ? reject(notReady(timeoutMs, error)) : resolve()));
    });
  }

  /** Ends the channel; calls under way fail. */
  close(): void {
    this.#client.close();
  }

  #metadata(ctx: TenantContext): Metadata {
    const metadata = new Metadata();
    const traceparent = this.#traceparent() ?? ctx.traceparent;
    metadata.set(CONTEXT_METADATA_KEY, this.#codec.sign(traceparent === undefined ? ctx : { ...ctx, traceparent }));
    return metadata;
  }

  #unary(ctx: TenantContext, name: MethodName, request: object, control: CallControl): Promise<unknown> {
    const { signal } = control;
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    const method = this.#methods[name];
    const options: CallOptions = { deadline: Date.now() + (control.timeoutMs ?? this.#timeoutMs) };
    return new Promise((resolve, reject) => {
      const onAbort = (): void => call.cancel();
      const done = (error: ServiceError | null, reply?: unknown): void => {
        signal?.removeEventListener('abort', onAbort);
        if (error === null) resolve(reply);
        else reject(signal?.aborted ? abortReason(signal) : fromRpcFailure(error));
      };
      const call: ClientUnaryCall = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.#metadata(ctx),
        options,
        done,
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }
}

type MethodName = 'ListTools' | 'CallTool';

function loadMethods(): Record<MethodName, MethodDefinition<object, object>> {
  const service = loadSync(TOOLS_PROTO, { ...LOADER_OPTIONS, includeDirs: [protoDir()] })[TOOL_ROUTER_SERVICE];
  if (service === undefined || 'format' in service) throw new HoldfastError('INTERNAL', `${TOOLS_PROTO} holds no ${TOOL_ROUTER_SERVICE}`);
  const { ListTools, CallTool } = service;
  if (ListTools === undefined || CallTool === undefined) throw new HoldfastError('INTERNAL', `${TOOLS_PROTO} lacks a method`);
  return { ListTools, CallTool };
}

function abortReason(signal: AbortSignal): unknown {
  return signal.reason instanceof Error ? signal.reason : new Error('The call was cancelled.');
}

function notReady(timeoutMs: number, cause: Error): HoldfastError {
  return new HoldfastError('TOOL_ROUTER_UNAVAILABLE', `The tool router was not reached within ${timeoutMs} ms.`, { cause });
}
