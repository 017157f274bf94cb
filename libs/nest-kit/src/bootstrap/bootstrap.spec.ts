import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { FixtureModule, dependency } from '../../test/fixture-app';
import { createLogger } from '../logging/logger';
import { bootstrapApp, type RunningApp } from './bootstrap';

const lines: Record<string, unknown>[] = [];
const sink = new Writable({
  write(chunk: Buffer, _encoding, done) {
    for (const line of chunk.toString().split('\n').filter(Boolean)) lines.push(JSON.parse(line) as Record<string, unknown>);
    done();
  },
});

describe('bootstrapApp', () => {
  let running: RunningApp;
  const post = (path: string, body: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${running.url}${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  const problemOf = async (response: Response): Promise<Record<string, unknown>> => {
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    return (await response.json()) as Record<string, unknown>;
  };

  beforeAll(async () => {
    const logger = createLogger({ name: 'fixture', level: 'debug', destination: sink });
    running = await bootstrapApp({ name: 'fixture', module: FixtureModule, host: '127.0.0.1', port: 0, logger, handleSignals: false, bodyLimit: 2000 });
  });
  afterAll(() => running.close());
  beforeEach(() => lines.splice(0));

  it('joins handler and request lines by request, tenant and trace id', async () => {
    const traceparent = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;
    const response = await post('/echo', '{"name":"x","config":{"limit":1}}', { 'x-request-id': 'req-1', traceparent });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-request-id')).toBe('req-1');
    const shared = { app: 'fixture', request_id: 'req-1', tenant_id: 'tenant-1', trace_id: 'ab'.repeat(16) };
    expect(lines.find((line) => line['msg'] === 'inside the handler')).toMatchObject({ ...shared, context: 'Fixture', level: 'info' });
    expect(lines.find((line) => line['msg'] === 'request')).toMatchObject({ ...shared, method: 'POST', path: '/echo', status: 201 });
  });

  it('names the refused fields', async () => {
    const problem = await problemOf(await post('/echo?key=s3cret', '{"config":{"limit":"many"},"extra":1}'));
    expect(problem).toMatchObject({ status: 422, code: 'INVALID_ARGUMENT', instance: '/echo', type: 'urn:holdfast:error:INVALID_ARGUMENT' });
    expect((problem['errors'] as { path: string }[]).map(({ path }) => path).sort()).toEqual(['config.limit', 'extra', 'name']);
    expect(problem['trace_id']).toMatch(/^[0-9a-f]{32}$/);
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });

  it.each([
    ['broken JSON', '/echo', '{"name":', 'application/json', 400, 'MALFORMED_JSON'],
    ['no body', '/echo', '', 'application/json', 400, 'MALFORMED_JSON'],
    ['a large body', '/echo', `{"name":"${'x'.repeat(3000)}"}`, 'application/json', 413, 'BODY_TOO_LARGE'],
    ['another media type', '/echo', 'a,b', 'text/csv', 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['an unknown path', '/nowhere', '{}', 'application/json', 404, 'NOT_FOUND'],
  ])('refuses %s', async (_what, path, body, type, status, code) => {
    const response = await post(path, body, { 'content-type': type });
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ status, code, detail: expect.any(String), title: expect.any(String) });
  });

  it('maps our errors by their code', async () => {
    expect(await problemOf(await fetch(`${running.url}/busy`))).toMatchObject({ status: 409, code: 'THREAD_BUSY', run_id: 'r1', detail: 'The thread is busy.' });
    const unavailable = await fetch(`${running.url}/unavailable`);
    expect(unavailable.status).toBe(503);
    expect(unavailable.headers.get('retry-after')).toBe('3');
  });

  it('hides an unknown error from the caller and logs it', async () => {
    const response = await fetch(`${running.url}/boom`);
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL', title: 'Internal Server Error' });
    expect(lines.find((line) => line['msg'] === 'request failed')).toMatchObject({ err: { stack: expect.stringContaining('hunter2') } });
  });

  it('does not blame the caller for data of ours that does not fit its schema', async () => {
    const response = await fetch(`${running.url}/misread/1`);
    expect(response.status).toBe(500);
    expect(await problemOf(response)).toMatchObject({ code: 'INTERNAL' });
    expect(lines.find((line) => line['msg'] === 'request failed')).toMatchObject({ level: 'error', err: { type: 'ZodError' } });
  });

  it.each([
    ['a path that is no URL', '/misread/%zz', 400],
    ['a path parameter that is too long', `/misread/${'x'.repeat(1000)}`, 414],
  ])('answers %s with a problem', async (_, path, status) => {
    const response = await fetch(`${running.url}${path}`);
    expect(response.status).toBe(status);
    expect(await problemOf(response)).toMatchObject({ status, code: 'BAD_REQUEST' });
  });

  it('takes a body that is too large off the wire, so that the client sees the answer', async () => {
    for (let i = 0; i < 5; i += 1) {
      const response = await post('/echo', 'x'.repeat(8 * 1024 * 1024));
      expect(response.status).toBe(413);
      expect(await problemOf(response)).toMatchObject({ code: 'BODY_TOO_LARGE' });
    }
  });

  it('answers what is no HTTP with a problem', async () => {
    const { port, hostname } = new URL(running.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write('NONSENSE\r\n\r\n'));
      let text = '';
      socket.on('data', (piece: Buffer) => (text += piece.toString())).once('close', () => resolve(text)).once('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('application/problem+json');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject({ status: 400, code: 'BAD_REQUEST' });
  });

  it('says what is missing and logs the change once, but not the probes', async () => {
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
    dependency.error = Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' });
    await sleep(600);
    for (let i = 0; i < 3; i += 1) {
      const response = await fetch(`${running.url}/readyz`);
      expect(response.status).toBe(503);
      expect(await problemOf(response)).toMatchObject({ detail: 'Not ready, waiting for: storage (ECONNREFUSED)', missing: [{ name: 'storage', reason: 'ECONNREFUSED' }] });
    }
    expect((await fetch(`${running.url}/livez`)).status).toBe(200);
    dependency.error = undefined;
    await sleep(600);
    expect((await fetch(`${running.url}/readyz`)).status).toBe(200);
    expect(lines.map((line) => line['msg'])).toEqual(['not ready: storage is away (ECONNREFUSED)', 'storage is back']);
  });

  it('measures requests by route', async () => {
    await fetch(`${running.url}/busy`);
    const text = await (await fetch(`${running.url}/metrics`)).text();
    expect(text).toMatch(/holdfast_http_request_duration_seconds_count\{method="GET",route="\/busy",status="409"\} \d+/);
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it('lets requests in flight finish before modules are destroyed', async () => {
    const slow = fetch(`${running.url}/slow`);
    while (!lines.some((line) => line['msg'] === 'slow begins')) await sleep(5);
    const closing = running.close();
    await sleep(50);
    await expect(fetch(`${running.url}/livez`, { headers: { connection: 'close' } })).rejects.toThrow();
    expect(lines.some((line) => line['msg'] === 'module destroyed')).toBe(false);
    const begun = performance.now();
    expect(await (await slow).json()).toEqual({ done: true });
    await closing;
    expect(performance.now() - begun).toBeLessThan(1500);
    expect(lines.map((line) => line['msg']).filter((msg) => msg !== 'request')).toEqual(['slow begins', 'module destroyed', 'connections closed']);
  });
});
