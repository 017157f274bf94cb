import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { jest } from '@jest/globals';
import { eventually } from '@holdfast/testing';
import { McpServerConnection } from '../src/server-connection';
import { normaliseResult } from '../src/normalise-result';
import { mcpServerConformance } from './conformance';
import { EverythingServer } from './real-servers';

// Above every wait inside a test.
jest.setTimeout(60_000);

const limits = { minBackoffMs: 50, maxBackoffMs: 300 };
let server: EverythingServer;
let connection: McpServerConnection;

beforeAll(async () => {
  server = await EverythingServer.prepare();
  await server.start();
  connection = new McpServerConnection({ slug: 'everything', spec: { kind: 'streamable-http', url: server.url }, limits });
  connection.start();
}, 30_000);
afterAll(async () => {
  await connection.close();
  await server.kill();
});

const echo = (message: string, timeoutMs = 10_000): Promise<unknown> => connection.call('echo', { message }, { timeoutMs });

describe('server-everything over streamable HTTP', () => {
  mcpServerConformance({
    connection: () => connection,
    good: { tool: 'get-sum', args: { a: 2, b: 40 }, contains: '42' },
    failing: { tool: 'get-sum', args: { a: 'two', b: 40 } },
  });

  it('passes all kinds of content on', async () => {
    const image = normaliseResult(await connection.call('get-tiny-image', {}, { timeoutMs: 10_000 }));
    expect(image.content.map((block) => block.type)).toContain('image');
    expect(image.text).toMatch(/\[image image\/png, \d+ bytes\]/);
    const structured = normaliseResult(await connection.call('get-structured-content', { location: 'New York' }, { timeoutMs: 10_000 }));
    expect(structured.structured).toMatchObject({ conditions: expect.any(String) });
  });

  it('fails a call in the middle at once when the server is killed, and works again after its restart', async () => {
    await connection.waitUntilReady(10_000);
    const started = Date.now();
    const pending = connection.call('trigger-long-running-operation', { duration: 30, steps: 30 }, { timeoutMs: 30_000 });
    const outcome = pending.then(
      () => 'ok',
      (error: { code?: string }) => error.code,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.kill();
    expect(await outcome).toBe('LOST');
    expect(Date.now() - started).toBeLessThan(10_000);
    await eventually('the loss is noticed without a further call', () => connection.state.status === 'connecting');
    await expect(echo('x', 300)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await server.start();
    await connection.waitUntilReady(10_000);
    expect(normaliseResult(await echo('again')).text).toContain('again');
  }, 60_000);

  it('a restart between two calls loses none: the forgotten session is made anew within the call', async () => {
    await echo('before');
    await server.kill();
    await server.start();
    const { connections } = connection.state;
    expect(normaliseResult(await echo('after')).text).toContain('after');
    expect(connection.state.connections).toBeGreaterThanOrEqual(connections);
  }, 30_000);
});

describe('a hostile or broken HTTP server', () => {
  let http: Server | undefined;
  afterEach(() => {
    http?.closeAllConnections();
    http?.close();
  });

  async function serving(answer: (method: string, write: (body: string, type?: string) => void, end: () => void) => void): Promise<McpServerConnection> {
    http = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { id, method } = (body === '' ? {} : JSON.parse(body)) as { id?: number; method?: string };
        if (id === undefined) return void response.writeHead(request.method === 'POST' ? 202 : 405).end();
        const reply = (result: object): void => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
        if (method === 'initialize') return reply({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'h', version: '1' } });
        if (method === 'tools/list') return reply({ tools: [{ name: 't', inputSchema: { type: 'object' } }] });
        if (method === 'ping') return reply({});
        if (method === 'server/discover') {
          return void response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } }));
        }
        answer(
          method ?? '',
          (text, type = 'text/event-stream') => void (response.headersSent || response.writeHead(200, { 'content-type': type }), response.write(text)),
          () => void response.end(),
        );
      });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`;
    const hostile = new McpServerConnection({ slug: 'hostile', spec: { kind: 'streamable-http', url }, limits: { ...limits, maxMessageBytes: 100_000 } });
    hostile.start();
    await hostile.waitUntilReady(10_000);
    return hostile;
  }

  it('cannot fill the memory with one endless message', async () => {
    const hostile = await serving((_, write) => {
      write('data: {"jsonrpc":"2.0","id":99,"result":{"x":"');
      for (let i = 0; i < 20; i += 1) write('x'.repeat(10_000));
    });
    await expect(hostile.call('t', {}, { timeoutMs: 10_000 })).rejects.toMatchObject({ code: 'LOST' });
    await hostile.close();
  });

  it('that ends the stream without an answer fails the call at once, not at its timeout', async () => {
    const hostile = await serving((_, write, end) => {
      write(': hello\n\n');
      end();
    });
    const started = Date.now();
    await expect(hostile.call('t', {}, { timeoutMs: 20_000 })).rejects.toMatchObject({ code: 'LOST' });
    expect(Date.now() - started).toBeLessThan(3_000);
    expect(hostile.state.status).toBe('ready');
    await hostile.close();
  });

  it('that answers with something else than JSON gives an invalid result', async () => {
    const hostile = await serving((_, write, end) => {
      write('<html>', 'text/html');
      end();
    });
    await expect(hostile.call('t', {}, { timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'INVALID_RESULT' });
    await hostile.close();
  });
});
