import { randomBytes } from 'node:crypto';

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);

/** True for a version 00 W3C `traceparent` with non-zero ids (Trace Context §3.2). */
export function isTraceparent(text: unknown): text is string {
  const match = typeof text === 'string' ? TRACEPARENT.exec(text) : null;
  return match !== null && match[1] !== ZERO_TRACE && match[2] !== ZERO_SPAN;
}

/** The trace id (32 hex digits) of a traceparent; undefined when it is none. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return isTraceparent(traceparent) ? traceparent.slice(3, 35) : undefined;
}

/** A fresh, unsampled traceparent: joins the log lines and events of one piece of work when no tracer runs. */
export function newTraceparent(): string {
  return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-00`;
}
