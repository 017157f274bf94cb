import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api';
import { LRUCache } from 'lru-cache';

const MOST_OPEN_RUNS = 10_000;

/**
 * The span of a whole run, from its begin to its last commit. Workflow code makes none itself: the SDK's OpenTelemetry interceptor would
 * put a tracer of OpenTelemetry 1.x into every workflow, with a context of its own beside LangGraph's, and would give a thread's runs
 * the trace of its first one. So the worker that writes the end writes the span; a run that moved here from another worker has none,
 * but its calls have theirs.
 */
export class RunSpans {
  readonly #begun = new LRUCache<string, number>({ max: MOST_OPEN_RUNS });

  /** Notes the begin of a run under a key of the caller's. A repeat (replay, takeover) keeps the first one. */
  begin(key: string, nowMs: number = Date.now()): void {
    if (!this.#begun.has(key)) this.#begun.set(key, nowMs);
  }

  /** Writes the span; to be called inside the run's trace. */
  end(key: string, status: string, attributes: Attributes): void {
    const startTime = this.#begun.get(key);
    if (startTime === undefined) return;
    this.#begun.delete(key);
    const span = trace.getTracer('holdfast').startSpan('workflow agentThread.v1', { startTime, attributes: { ...attributes, 'holdfast.run_status': status } });
    if (status === 'error' || status === 'timeout') span.setStatus({ code: SpanStatusCode.ERROR, message: status });
    span.end();
  }
}
