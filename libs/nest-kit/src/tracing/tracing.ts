import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, isSpanContextValid, propagation, trace, type Attributes, type Span } from '@opentelemetry/api';
import { currentLogContext, runWithLogContext } from '../logging/log-context';
import { isTraceparent, traceIdOf } from './traceparent';

const TRACER = 'holdfast';

/** Options of {@link withSpan}. */
export interface SpanSettings {
  /** Default `internal`. */
  readonly kind?: 'internal' | 'client' | 'server' | 'producer' | 'consumer';
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/**
 * Runs the work inside a span that ends with it; a thrown error marks the span and is thrown on. Without OpenTelemetry it only
 * runs the work.
 */
export async function withSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => T | Promise<T>,
  settings: SpanSettings = {},
): Promise<T> {
  const options = { attributes, kind: KINDS[settings.kind ?? 'internal'] };
  return trace.getTracer(TRACER).startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.recordException(error instanceof Error ? error : String(error));
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.message : String(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The `traceparent` to send along or store: of the active span, else of the surrounding log context. */
export function currentTraceparent(): string | undefined {
  if (activeTraceId() === undefined) return currentLogContext()?.traceparent;
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
}

/** The trace id (32 hex digits) of {@link currentTraceparent}. */
export function currentTraceId(): string | undefined {
  return activeTraceId() ?? traceIdOf(currentLogContext()?.traceparent);
}

// Also of a span that is not sampled: its id still joins logs and events.
function activeTraceId(): string | undefined {
  const span = trace.getActiveSpan()?.spanContext();
  return span !== undefined && isSpanContextValid(span) ? span.traceId : undefined;
}

/** Runs the work as a part of the trace that a stored or received traceparent names; anything else than one is ignored. */
export function runWithTraceparent<T>(traceparent: string | null | undefined, work: () => T): T {
  if (!isTraceparent(traceparent)) return work();
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent });
  return context.with(parent, () => runWithLogContext({ traceparent }, work));
}
