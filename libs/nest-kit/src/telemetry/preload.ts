import { basename, dirname } from 'node:path';
import { startTelemetry } from './telemetry';

/**
 * Imported for its effect, first in `main.ts`, before anything else is imported (dynamically): starts tracing when
 * `OTEL_EXPORTER_OTLP_ENDPOINT` is set and costs nothing otherwise. The one place in the libraries that reads the environment,
 * because it runs before any configuration can.
 */
const env = process.env;

if ((env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '') !== '' && env['OTEL_SDK_DISABLED'] !== 'true') {
  await startTelemetry({ serviceName: env['OTEL_SERVICE_NAME'] ?? appFolder() });
}

// apps/<name>/src/main.ts and apps/<name>/dist/main.mjs
function appFolder(): string {
  const name = basename(dirname(dirname(process.argv[1] ?? '')));
  return name === '' ? 'holdfast' : name;
}
