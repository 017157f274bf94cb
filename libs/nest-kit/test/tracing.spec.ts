import { join } from 'node:path';
import { jest } from '@jest/globals';
import { AppProcess, bundleForTest, freePort } from '@holdfast/testing';
import { OtlpReceiver, type ReceivedSpan } from './otlp-receiver';

jest.setTimeout(60_000);

const TRACE = 'ab'.repeat(16);
const CALLER = `00-${TRACE}-${'cd'.repeat(8)}-01`;

describe('tracing of a bundled app', () => {
  let bundle: string;
  beforeAll(async () => {
    bundle = (await bundleForTest(join(import.meta.dirname, '..'), 'test/traced-main'))['test/traced-main'];
  });

  it('joins http, fetch, gRPC, pg and own spans under the caller and leaves probes out', async () => {
    const receiver = await OtlpReceiver.start();
    const app = AppProcess.start(bundle, {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_SERVICE_NAME: 'traced',
      TRACED_PROTO_DIR: join(import.meta.dirname),
      TRACED_GRPC_PORT: String(await freePort()),
    });
    const url = await app.url;
    await fetch(`${url}/livez`);
    const answer = (await (await fetch(`${url}/outer`, { headers: { traceparent: CALLER } })).json()) as { traceparent: string };
    app.signal('SIGTERM');
    expect(await app.exit).toBe(0); // the shutdown sends the last spans
    await receiver.stop();

    const spans = receiver.spans;
    expect(spans.every(({ traceId, service }) => traceId === TRACE && service === 'traced')).toBe(true);
    const one = (test: (span: ReceivedSpan) => boolean): ReceivedSpan => {
      const found = spans.filter(test);
      expect(found.length).toBe(1);
      return found[0] as ReceivedSpan;
    };
    const server = 2;
    const client = 3;
    const outer = one((span) => span.name === 'GET /outer' && span.kind === server);
    expect(outer.parentSpanId).toBe('cd'.repeat(8));
    expect(answer.traceparent).toBe(`00-${TRACE}-${outer.spanId}-01`);
    const request = one((span) => span.name === 'GET' && span.kind === client);
    expect(request.parentSpanId).toBe(outer.spanId);
    expect(one((span) => span.name === 'GET /inner').parentSpanId).toBe(request.spanId);
    const own = one((span) => span.name === 'own work');
    expect(own.parentSpanId).toBe(outer.spanId);
    const call = one((span) => span.name.endsWith('Echo/Say') && span.kind === client);
    expect(call.parentSpanId).toBe(own.spanId);
    expect(one((span) => span.name.endsWith('Echo/Say') && span.kind === server).parentSpanId).toBe(call.spanId);
    expect(one((span) => span.name.startsWith('pg')).parentSpanId).toBe(outer.spanId);
    expect(app.lines.find((line) => line['path'] === '/outer')).toMatchObject({ trace_id: TRACE });
  });

  it('carries the caller through without a tracer', async () => {
    const app = AppProcess.start(bundle, { TRACED_PROTO_DIR: join(import.meta.dirname), TRACED_GRPC_PORT: String(await freePort()) });
    const answer = await (await fetch(`${await app.url}/outer`, { headers: { traceparent: CALLER } })).json();
    expect(answer).toEqual({ traceparent: CALLER });
    app.signal('SIGTERM');
    expect(await app.exit).toBe(0);
  });
});
