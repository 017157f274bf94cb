import { context, propagation, type Span, trace, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { RunSpans } from './run-span';

interface Recorded {
  readonly name: string;
  readonly options: { startTime?: unknown; attributes?: Record<string, unknown> };
  ended: boolean;
  status?: { code: number };
}

/** Records what is asked of the OpenTelemetry API; the place of an SDK. */
function recordingProvider(): { provider: TracerProvider; spans: Recorded[] } {
  const spans: Recorded[] = [];
  const tracer = {
    startSpan: (name: string, options: Recorded['options']) => {
      const recorded: Recorded = { name, options, ended: false };
      spans.push(recorded);
      return { end: () => (recorded.ended = true), setStatus: (status: { code: number }) => (recorded.status = status) } as unknown as Span;
    },
  } as unknown as Tracer;
  return { provider: { getTracer: () => tracer }, spans };
}

describe('the span of a run', () => {
  afterEach(() => {
    trace.disable();
    context.disable();
    propagation.disable();
  });

  it('lasts from the first begin to the end', () => {
    const { provider, spans } = recordingProvider();
    trace.setGlobalTracerProvider(provider);
    const runs = new RunSpans();
    runs.begin('r', 1_000);
    runs.begin('r', 2_000);
    runs.end('r', 'success', { 'holdfast.run_id': 'r' });
    runs.end('r', 'success', {});
    expect(spans).toEqual([
      { name: 'workflow agentThread.v1', options: { startTime: 1_000, attributes: { 'holdfast.run_id': 'r', 'holdfast.run_status': 'success' } }, ended: true },
    ]);
  });

  it('is marked when the run failed', () => {
    const { provider, spans } = recordingProvider();
    trace.setGlobalTracerProvider(provider);
    const runs = new RunSpans();
    runs.begin('r');
    runs.end('r', 'error', {});
    expect(spans[0]?.status).toEqual({ code: 2, message: 'error' });
  });
});
