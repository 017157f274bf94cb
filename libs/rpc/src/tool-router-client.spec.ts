import { once } from 'node:events';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import { jest } from '@jest/globals';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { TenantContext } from '@holdfast/tenant-context';
import { CONTEXT_METADATA_KEY, createContextCodec } from './context-codec';
import { LOADER_OPTIONS, MAX_ARGUMENTS_LENGTH, MAX_TOOL_NAME_LENGTH, TOOL_ROUTER, TOOL_ROUTER_SERVICE, protoDir } from './proto';
import { toRpcStatus } from './rpc-status';
import { ToolRouterClient } from './tool-router-client';

// Above the longest wait inside a test.
jest.setTimeout(30_000);

const secret = 'a secret of sufficient length';
const ctx: TenantContext = { tenantId: '0198f1c0-0000-7000-8000-000000000001', principalId: 'p', roles: [], requestId: 'r' };
const call = { runId: 'run', threadId: 'thread', callId: 'c1', name: 'fs__read', args: { path: 'ä' } };
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

type Handler = (call: ServerUnaryCall<Record<string, unknown>, object>, done: sendUnaryData<object>) => void;

const reply = {
  status: 'CALL_STATUS_ERROR',
  code: 'TOOL_FAILED',
  contentJson: '[{"type":"text","text":"no"}]',
  structuredJson: '{"a":1}',
  text: 'no',
  truncated: true,
  durationMs: 1.5,
  bytes: 2,
  server: 'fs',
  tool: 'read',
  effect: 'EFFECT_READ',
  argumentsSha256: 'ab',
  cached: false,
  replayed: true,
  repeated: true,
};

interface Handlers {
  readonly callTool?: Handler;
  readonly listTools?: Handler;
  /** Without it the server is of a build that did not have the method. */
  readonly settleCall?: Handler;
}

async function serve(port: number, handlers: Handlers): Promise<{ server: Server; port: number }> {
  const service = loadSync(TOOL_ROUTER.proto, { ...LOADER_OPTIONS, includeDirs: [protoDir()] })[TOOL_ROUTER_SERVICE] as ServiceDefinition;
  const server = new Server();
  const { SettleCall: settle, ...older } = service;
  const { settleCall } = handlers;
  server.addService(settle === undefined || settleCall === undefined ? older : service, {
    CallTool: handlers.callTool ?? (() => undefined),
    ListTools: handlers.listTools ?? (() => undefined),
    ...(settleCall === undefined ? {} : { SettleCall: settleCall }),
  });
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, got) => (error ? reject(error) : resolve(got)));
  });
  return { server, port: bound };
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function pair(handlers: Handlers) {
  const { server, port } = await serve(0, handlers);
  const client = new ToolRouterClient({ address: `127.0.0.1:${port}`, secret, traceparent: () => traceparent });
  open.push(() => server.forceShutdown(), () => client.close());
  return { client, server, port };
}

it('sends the signed context with the trace and reads the whole answer', async () => {
  let seen: Record<string, unknown> = {};
  const codec = createContextCodec({ secret, audience: TOOL_ROUTER_SERVICE });
  const { client } = await pair({
    callTool: (c, done) => {
      seen = { ...c.request, ctx: codec.verify(String(c.metadata.get(CONTEXT_METADATA_KEY)[0])) };
      done(null, reply);
    },
  });
  const result = await client.callTool(ctx, call, { withContent: true });
  expect(seen).toMatchObject({ runId: 'run', threadId: 'thread', originRunId: '', callId: 'c1', name: 'fs__read', argumentsJson: '{"path":"ä"}', withContent: true, ctx: { ...ctx, traceparent } });
  expect(result).toEqual({
    outcome: {
      status: 'error',
      code: 'TOOL_FAILED',
      server: 'fs',
      tool: 'read',
      effect: 'read',
      duration_ms: 1.5,
      bytes: 2,
      truncated: true,
      arguments_sha256: 'ab',
      repeated: true,
    },
    text: 'no',
    content: [{ type: 'text', text: 'no' }],
    structured: { a: 1 },
    cached: false,
    replayed: true,
  });
});

it('asks for no content unless told to, and reads an answer without', async () => {
  const asked: unknown[] = [];
  const { client } = await pair({
    callTool: (c, done) => {
      asked.push(c.request['withContent']);
      done(null, { ...reply, contentJson: '', structuredJson: '', replayed: false, repeated: false });
    },
  });
  const { outcome, ...rest } = await client.callTool(ctx, call);
  expect(rest).toEqual({ text: 'no', cached: false, replayed: false });
  expect(outcome).not.toHaveProperty('repeated');
  expect(asked).toEqual([false]);
});

it('lets the router refuse a name and arguments of any length, also those that no message could carry', async () => {
  const seen: number[] = [];
  const { client } = await pair({
    callTool: (c, done) => {
      seen.push(String(c.request['name']).length, String(c.request['argumentsJson']).length);
      done(null, reply);
    },
  });
  await client.callTool(ctx, { ...call, name: 'x'.repeat(5_000_000), args: { text: '€'.repeat(5_000_000) } });
  expect(seen).toEqual([MAX_TOOL_NAME_LENGTH + 1, MAX_ARGUMENTS_LENGTH + 1]);
});

it('names the run in whose ledger the call stands', async () => {
  const seen: unknown[] = [];
  const { client } = await pair({ callTool: (c, done) => (seen.push(c.request['originRunId']), done(null, reply)) });
  await client.callTool(ctx, { ...call, originRunId: 'first' });
  expect(seen).toEqual(['first']);
});

it('asks what became of a call by a method that calls nothing, which a router of an older build does not have', async () => {
  const asked: string[] = [];
  const callTool: Handler = (_, done) => (asked.push('CallTool'), done(null, reply));
  const settleCall: Handler = (c, done) => (asked.push(`SettleCall ${JSON.stringify(c.request['call'])}`), done(null, { answer: reply }));
  const [old, present] = [await pair({ callTool }), await pair({ callTool, settleCall })];
  await expect(old.client.callTool(ctx, { ...call, settleOnly: true })).rejects.toMatchObject({ code: 'TOOL_ROUTER_UNAVAILABLE', retryable: true });
  expect(asked).toEqual([]);
  expect((await present.client.callTool(ctx, { ...call, settleOnly: true })).text).toBe('no');
  expect(asked).toEqual([expect.stringMatching(/^SettleCall .*"callId":"c1"/)]);
});

it('lists tools', async () => {
  const { client } = await pair({
    listTools: (c, done) => {
      const names = c.request['include'] as string[];
      const tools = names.map((name) => ({ name, description: 'd', inputSchemaJson: '{"type":"object"}', effect: 'EFFECT_IRREVERSIBLE', server: 's' }));
      done(null, { tools, catalogueVersion: 'v', unavailableServers: ['down'] });
    },
  });
  expect(await client.listTools(ctx, ['fs__*'])).toEqual({
    tools: [{ name: 'fs__*', description: 'd', inputSchema: { type: 'object' }, effect: 'irreversible', server: 's' }],
    catalogueVersion: 'v',
    unavailableServers: ['down'],
  });
});

it('gives the server the deadline and turns its passing into DEADLINE_EXCEEDED', async () => {
  let deadline = 0;
  const { client } = await pair({ callTool: (c) => void (deadline = Number(c.getDeadline())) });
  const before = Date.now();
  await expect(client.callTool(ctx, call, { timeoutMs: 200 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED', retryable: true });
  expect(deadline - before).toBeGreaterThan(100);
  expect(deadline - before).toBeLessThan(400);
});

it('cancels the call on the server and throws the reason of the signal', async () => {
  let cancelled: Promise<unknown> = Promise.reject(new Error('not called'));
  cancelled.catch(() => undefined);
  const controller = new AbortController();
  const reason = new Error('stop');
  const { client } = await pair({
    callTool: (c) => {
      cancelled = once(c, 'cancelled');
      controller.abort(reason);
    },
  });
  await expect(client.callTool(ctx, call, { signal: controller.signal })).rejects.toBe(reason);
  await cancelled;
  await expect(client.callTool(ctx, call, { signal: controller.signal })).rejects.toBe(reason);
});

it('passes on the error the router sent', async () => {
  const { client } = await pair({
    callTool: (_, done) => done(toRpcStatus(new HoldfastError('DEPENDENCY_UNAVAILABLE', 'PostgreSQL is away'))),
  });
  await expect(client.callTool(ctx, call)).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', message: 'PostgreSQL is away', retryable: true });
});

it('refuses an answer that breaks the contract', async () => {
  const { client } = await pair({ callTool: (_, done) => done(null, { ...reply, contentJson: '{}' }) });
  await expect(client.callTool(ctx, call)).rejects.toMatchObject({ code: 'INTERNAL' });
});

it('fails at once while the router is away and works again after it came back', async () => {
  const handlers = { callTool: ((_, done) => done(null, reply)) satisfies Handler };
  const { client, server, port } = await pair(handlers);
  await client.callTool(ctx, call);
  server.forceShutdown();
  const started = Date.now();
  await expect(client.callTool(ctx, call, { timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'TOOL_ROUTER_UNAVAILABLE', retryable: true });
  expect(Date.now() - started).toBeLessThan(2_000);
  const again = await serve(port, handlers);
  open.push(() => again.server.forceShutdown());
  await client.waitForReady(10_000);
  expect((await client.callTool(ctx, call)).text).toBe('no');
});
