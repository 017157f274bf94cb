import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { trace } from '@opentelemetry/api';
import type { LogSink } from '../logging/logger';
import { enterLogContext, type LogContext } from '../logging/log-context';
import { histogram } from '../metrics/metrics';
import { isTraceparent, newTraceparent } from '../tracing/traceparent';

const SILENT_PATHS = new Set(['/livez', '/readyz', '/metrics']);

interface HookRequest {
  readonly id: string;
  readonly url: string;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly raw: IncomingMessage;
  readonly routeOptions: { readonly url?: string | undefined };
}

interface HookReply {
  readonly statusCode: number;
  /** Time since the request came, in ms. */
  readonly elapsedTime: number;
  header(name: string, value: string): unknown;
}

/** The part of a fastify instance that {@link addHttpHooks} uses; written out because fastify itself is Nest's dependency, not ours. */
export interface HookableFastify {
  addHook(
    name: 'onRequest' | 'preValidation' | 'onResponse',
    hook: (request: HookRequest, reply: HookReply, done: (error?: Error) => void) => void,
  ): unknown;
}

const contexts = new WeakMap<object, LogContext>();

/** The server span of the http instrumentation knows no routes; a span per path would be useless. */
function nameSpan({ method, routeOptions: { url } }: HookRequest): void {
  const span = trace.getActiveSpan();
  if (span === undefined || url === undefined) return;
  span.updateName(`${method} ${url}`);
  span.setAttribute('http.route', url);
}

/**
 * Gives every request its log context and writes one line and one observation when it ends. Probes and scrapes are measured but
 * not logged. Neither query strings nor headers nor bodies are logged: they may hold secrets.
 */
export function addHttpHooks(fastify: HookableFastify, log: LogSink): void {
  const duration = histogram({
    name: 'holdfast_http_request_duration_seconds',
    help: 'Time from the head of a request to the end of its response; streams count until they end.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const received = request.headers['traceparent'];
    const context: LogContext = {
      request_id: request.id,
      traceparent: isTraceparent(received) ? received : newTraceparent(),
    };
    contexts.set(request, context);
    reply.header('x-request-id', request.id);
    enterLogContext(context, done);
  });
  // Reading a body leaves the asynchronous context of onRequest; enter it again for guards and handlers.
  fastify.addHook('preValidation', (request, _reply, done) => {
    nameSpan(request);
    const context = contexts.get(request);
    if (context === undefined) done();
    else enterLogContext(context, done);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const seconds = reply.elapsedTime / 1000;
    duration.observe({ method: request.method, route: request.routeOptions.url ?? 'unmatched', status: String(reply.statusCode) }, seconds);
    if (!SILENT_PATHS.has(path)) {
      enterLogContext(contexts.get(request) ?? {}, () => {
        const fields = { method: request.method, path, status: reply.statusCode, duration_ms: Math.round(reply.elapsedTime * 10) / 10 };
        if (reply.statusCode >= 500) log.error(fields, 'request');
        else log.info(fields, 'request');
      });
    }
    done();
  });
}
