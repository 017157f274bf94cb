import { pino, type DestinationStream, type Logger, type LoggerOptions } from 'pino';
import { currentTraceId } from '../tracing/tracing';
import { currentLogContext } from './log-context';

/** What a library needs of a logger; pino's satisfies it. */
export interface LogSink {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Options of {@link createLogger}. */
export interface LoggerSettings {
  /** Name of the app; field `app` of every line. */
  readonly name: string;
  /** Least level written. Default `info`. */
  readonly level?: string;
  /** Human-readable lines instead of JSON; needs pino-pretty, a development dependency. Default false. */
  readonly pretty?: boolean;
  /** Where lines go; standard output by default. */
  readonly destination?: DestinationStream;
}

const SECRET_KEYS = ['authorization', 'cookie', 'password', 'secret', 'token', 'api_key', 'apiKey', 'x-api-key', 'access_token'];

// One and two levels deep covers fields and `req.headers.*`; a deeper object has no place in a log line.
const REDACTED_PATHS = SECRET_KEYS.flatMap((key) => {
  const step = /^\w+$/.test(key) ? `.${key}` : `["${key}"]`;
  return [step.replace(/^\./, ''), `*${step}`, `*.*${step}`];
});

/** A pino logger whose lines carry the surrounding {@link LogContext} and trace id, with secrets removed. */
export function createLogger(settings: LoggerSettings): Logger {
  const options: LoggerOptions = {
    level: settings.level ?? 'info',
    base: { app: settings.name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    mixin: contextFields,
    ...(settings.pretty === true ? { transport: { target: 'pino-pretty', options: { singleLine: true } } } : {}),
  };
  // The level formatter cannot cross into a transport's thread.
  if (settings.pretty === true) delete options.formatters;
  return settings.destination === undefined ? pino(options) : pino(options, settings.destination);
}

function contextFields(): object {
  const { traceparent: _traceparent, ...ids } = currentLogContext() ?? {};
  const traceId = currentTraceId();
  return traceId === undefined ? ids : { ...ids, trace_id: traceId };
}
