import { register } from 'node:module';

/** Options of {@link startTelemetry}. */
export interface TelemetrySettings {
  /** `service.name` of the spans. */
  readonly serviceName: string;
}

interface Sdk {
  shutdown(): Promise<void>;
}

let running: Sdk | undefined;

// Only what we trace passes through the loader: it parses every module it wraps.
const HOOKED_MODULES = ['http', 'https', 'node:http', 'node:https', 'pg', 'pg-pool', '@grpc/grpc-js'];
const UNTRACED_PATHS = new Set(['/livez', '/readyz', '/metrics', '/ok']);

/**
 * Starts OpenTelemetry tracing over OTLP/HTTP to where the standard `OTEL_*` variables say. Must have resolved before the traced
 * modules (http, pg, grpc-js) are loaded for the first time; undici needs no order.
 */
export async function startTelemetry(settings: TelemetrySettings): Promise<void> {
  if (running !== undefined) return;
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url, { data: { include: HOOKED_MODULES } });
  const [{ NodeSDK }, { OTLPTraceExporter }, http, grpc, pg, undici] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-grpc'),
    import('@opentelemetry/instrumentation-pg'),
    import('@opentelemetry/instrumentation-undici'),
  ]);
  const sdk = new NodeSDK({
    serviceName: settings.serviceName,
    traceExporter: new OTLPTraceExporter(),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      new http.HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => UNTRACED_PATHS.has((request.url ?? '').split('?', 1)[0] ?? ''),
        requireParentforOutgoingSpans: true,
      }),
      new grpc.GrpcInstrumentation(),
      // Without a parent these would be the polls of background loops.
      new pg.PgInstrumentation({ requireParentSpan: true }),
      new undici.UndiciInstrumentation({ requireParentforSpans: true }),
    ],
  });
  sdk.start();
  running = sdk;
}

/** Sends the last spans, for at most 3 s; without telemetry it does nothing. */
export async function stopTelemetry(): Promise<void> {
  const sdk = running;
  running = undefined;
  if (sdk === undefined) return;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, 3000)));
  await Promise.race([sdk.shutdown().catch(() => undefined), limit]);
  clearTimeout(timer);
}
