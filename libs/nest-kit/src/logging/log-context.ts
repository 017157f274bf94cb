import { AsyncLocalStorage } from 'node:async_hooks';

/** Fields that every log line written inside {@link runWithLogContext} carries. Ids only, never content. */
export interface LogContext {
  request_id?: string;
  tenant_id?: string;
  thread_id?: string;
  run_id?: string;
  /** W3C `traceparent` of the work; the source of `trace_id` while no OpenTelemetry span is active. */
  traceparent?: string;
}

// Ambient on purpose: it feeds logs and outgoing trace headers only, no decision reads it (style.md §5, "Context").
const storage = new AsyncLocalStorage<LogContext>();

/** Runs the work with these fields added to those of the surrounding context. */
export function runWithLogContext<T>(fields: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...fields }, work);
}

/** Runs the work with exactly this context object, so that a later {@link addLogContext} shows in all its holders. */
export function enterLogContext<T>(context: LogContext, work: () => T): T {
  return storage.run(context, work);
}

/** Adds fields that became known later (the tenant after authentication). Without a surrounding context it does nothing. */
export function addLogContext(fields: LogContext): void {
  const context = storage.getStore();
  if (context !== undefined) Object.assign(context, fields);
}

/** The fields of the surrounding context; undefined outside of any. */
export function currentLogContext(): Readonly<LogContext> | undefined {
  return storage.getStore();
}
