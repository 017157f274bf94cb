import type { LogSink } from '@holdfast/nest-kit';
import { LoggerWithComposedMetadata, type LogLevel, type LogMetadata } from '@temporalio/common';
import { type Logger, Runtime } from '@temporalio/worker';

/** The SDK's log lines as ours. Workflow code logs through it too. */
export class SdkLogger implements Logger {
  constructor(private readonly sink: LogSink) {}

  /** Called by the SDK. */
  log(level: LogLevel, message: string, meta: LogMetadata = {}): void {
    const fields = fieldsOf(meta);
    if (level === 'ERROR') this.sink.error(fields, message);
    else if (level === 'WARN') this.sink.warn(fields, message);
    else if (level === 'INFO') this.sink.info(fields, message);
    else if (level === 'DEBUG') this.sink.debug(fields, message);
  }
  /** @internal finer than we log */
  trace(): void {}
  /** Called by the SDK. */
  debug(message: string, meta?: LogMetadata): void {
    this.log('DEBUG', message, meta);
  }
  /** Called by the SDK. */
  info(message: string, meta?: LogMetadata): void {
    this.log('INFO', message, meta);
  }
  /** Called by the SDK. */
  warn(message: string, meta?: LogMetadata): void {
    this.log('WARN', message, meta);
  }
  /** Called by the SDK. */
  error(message: string, meta?: LogMetadata): void {
    this.log('ERROR', message, meta);
  }
}

// Task tokens and encoded tasks are long, say nothing to a person and would put arguments into the log.
const DROPPED = new Set(['taskToken', 'task', 'taskEncoded', 'sdkComponent', 'taskQueue', 'namespace']);

function fieldsOf(meta: LogMetadata): object {
  return Object.fromEntries(
    Object.entries(meta)
      .filter(([key, value]) => typeof key === 'string' && !DROPPED.has(key) && typeof value !== 'bigint')
      .map(([key, value]) => [key === 'error' ? 'err' : key, value]),
  );
}

// The client warns about every retried poll; while the server is away that is a line per poller and second, and readiness says it once.
const LOG_FILTER = 'ERROR,temporalio_sdk_core=WARN,temporalio_common=WARN';

/**
 * The SDK says some sixty things about a run at levels that are not written, and collects, buffers and sorts the fields of each before it asks our
 * logger (4 % of the CPU of the worker's main thread, measured). Here it stops at the first step.
 */
function muteUnwritten(writesDebug: boolean): void {
  const logger: Partial<Logger> = LoggerWithComposedMetadata.prototype;
  for (const level of writesDebug ? (['trace'] as const) : (['trace', 'debug'] as const)) {
    if (typeof logger[level] !== 'function') throw new TypeError(`the SDK's logger has no ${level} any more: look where it collects fields now`);
    logger[level] = () => undefined;
  }
}

/**
 * Installs the SDK's runtime once per process: our logger, metrics on a loopback port, and no signal handlers of its own.
 * @param writesDebug lines of level `debug` are written
 */
export function installTemporalRuntime(log: LogSink, metricsPort: number, writesDebug: boolean): void {
  muteUnwritten(writesDebug);
  Runtime.install({
    logger: new SdkLogger(log),
    shutdownSignals: [], // nest-kit's bootstrap decides the order of the shutdown
    telemetryOptions: {
      logging: { filter: LOG_FILTER, forward: {} },
      metrics: { prometheus: { bindAddress: `127.0.0.1:${metricsPort}`, countersTotalSuffix: true, useSecondsForDurations: true, unitSuffix: true } },
    },
  });
}
