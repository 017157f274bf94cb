export { type SpanSettings, currentTraceId, currentTraceparent, runWithTraceparent, withSpan } from './tracing';
export { isTraceparent, newTraceparent, traceIdOf } from './traceparent';
