import { Client, Metadata, credentials, type CallOptions, type ClientUnaryCall, type ServiceError } from '@grpc/grpc-js';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { TenantContext } from '@holdfast/tenant-context';
import { CONTEXT_METADATA_KEY, createContextCodec, type ContextCodec } from './context-codec';
import { KEEPALIVE_OPTIONS, LOADER_OPTIONS, type RpcService, protoDir } from './proto';
import { fromRpcFailure } from './rpc-status';

/** Options of a client of one of our services. */
export interface RpcChannelOptions {
  /** `host:port` of the server. What a name with several addresses means, the service says. */
  readonly address: string;
  /** HOLDFAST_INTERNAL_SECRET. */
  readonly secret: string;
  /** Deadline of a call that names none. Milliseconds, default 60,000. */
  readonly timeoutMs?: number;
  /** Longest pause between attempts to connect; the channel never gives up. Milliseconds, default 2,000. */
  readonly maxReconnectMs?: number;
  /** The `traceparent` of the span under way; used instead of the context's when it gives one. */
  readonly traceparent?: () => string | undefined;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

/** Options of one call. */
export interface CallControl {
  /** Deadline from now, milliseconds. The server knows it. */
  readonly timeoutMs?: number;
  /** Cancels the call on the server too. */
  readonly signal?: AbortSignal;
}

type Method = MethodDefinition<object, object>;

/**
 * A way to one of our services: an HTTP/2 channel that reconnects for ever, signed contexts, our errors. A call while the server is away
 * fails at once: whoever owns the retries decides.
 */
export class RpcChannel {
  readonly #service: RpcService;
  readonly #client: Client;
  readonly #codec: ContextCodec;
  readonly #methods: Readonly<Record<string, Method>>;
  readonly #timeoutMs: number;
  readonly #traceparent: () => string | undefined;

  constructor(service: RpcService, options: RpcChannelOptions) {
    this.#service = service;
    this.#methods = methodsOf(service);
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.#traceparent = options.traceparent ?? (() => undefined);
    this.#codec = createContextCodec({ secret: options.secret, audience: service.name, ...(options.now ? { now: options.now } : {}) });
    this.#client = new Client(options.address, credentials.createInsecure(), {
      ...KEEPALIVE_OPTIONS,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': options.maxReconnectMs ?? 2_000,
      // Retries are not ours to make: a transparent repeat of a call is exactly what must not happen.
      'grpc.enable_retries': 0,
      ...(service.spread ? { 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }) } : {}),
      'grpc.service_config_disable_resolution': 1,
    });
  }

  /** One call; its reply is not checked yet. @throws HoldfastError as `fromRpcFailure` says; the signal's reason when that ended the call */
  unary(ctx: TenantContext, name: string, request: object, control: CallControl = {}): Promise<unknown> {
    const { signal } = control;
    if (signal?.aborted) return Promise.reject(abortReason(signal));
    const method = this.#methods[name];
    if (method === undefined) return Promise.reject(new HoldfastError('INTERNAL', `${this.#service.name} has no method ${name}`));
    const options: CallOptions = { deadline: Date.now() + (control.timeoutMs ?? this.#timeoutMs) };
    return new Promise((resolve, reject) => {
      const onAbort = (): void => call.cancel();
      const done = (error: ServiceError | null, reply?: unknown): void => {
        signal?.removeEventListener('abort', onAbort);
        if (error === null) resolve(reply);
        else reject(signal?.aborted ? abortReason(signal) : fromRpcFailure(error, this.#service));
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

  /** Resolves once connected. @throws HoldfastError with the service's code when that takes longer. */
  async waitForReady(timeoutMs: number): Promise<void> {
    const { peer, unavailable } = this.#service;
    await new Promise<void>((resolve, reject) => {
      this.#client.waitForReady(new Date(Date.now() + timeoutMs), (cause) => {
        if (cause) reject(new HoldfastError(unavailable, `The ${peer} was not reached within ${timeoutMs} ms.`, { cause }));
        else resolve();
      });
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
}

function methodsOf({ name, proto }: RpcService): Readonly<Record<string, Method>> {
  const service = loadSync(proto, { ...LOADER_OPTIONS, includeDirs: [protoDir()] })[name];
  if (service === undefined || 'format' in service) throw new HoldfastError('INTERNAL', `${proto} holds no ${name}`);
  return service;
}

function abortReason(signal: AbortSignal): unknown {
  return signal.reason instanceof Error ? signal.reason : new Error('The call was cancelled.');
}
