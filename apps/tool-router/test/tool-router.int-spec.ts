import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { ToolCallsRepository, createDatabase } from '@holdfast/persistence';
import { ToolRouterClient } from '@holdfast/rpc';
import { eventually, freePort } from '@holdfast/testing';
import { CuttableProxy, RecordingServer, need } from './fixtures';
import { RouterUnderTest, aCall, aContext } from './router-under-test';

// Above every wait inside a test: one that Jest gives up goes on in the background and disturbs the next.
jest.setTimeout(60_000);

const root = mkdtempSync(join(tmpdir(), 'holdfast-files-'));
writeFileSync(join(root, 'hello.txt'), 'hello from disk');
let recording: RecordingServer;
let database: CuttableProxy;
let router: RouterUnderTest;
const tables = createDatabase({ url: need('DATABASE_URL_TOOLS'), maxConnections: 2, applicationName: 'tool-router-test' });
const records = new ToolCallsRepository(tables);

beforeAll(async () => {
  recording = await RecordingServer.start();
  const url = new URL(need('DATABASE_URL_TOOLS'));
  database = await CuttableProxy.before(url.hostname, Number(url.port));
  url.port = String(database.port);
  const http = { isolation: 'shared', timeoutMs: 5_000 };
  const catalogue = {
    servers: {
      files: {
        transport: { kind: 'node-package', package: '@modelcontextprotocol/server-filesystem', entry: 'dist/index.js', args: ['${ROOT}'] },
        isolation: 'shared',
        denyArguments: { path: ['secret'] },
        tools: { read_text_file: { effect: 'read' }, list_directory: { effect: 'read' }, no_such: { effect: 'read' } },
      },
      everything: {
        ...http,
        transport: { kind: 'streamable-http', url: '${EVERYTHING_MCP_URL}' },
        tools: { echo: { effect: 'read' }, 'get-sum': { effect: 'read', cache: { ttlSeconds: 60 } }, 'trigger-long-running-operation': { effect: 'read', timeoutMs: 60_000 } },
      },
      recording: {
        ...http,
        transport: { kind: 'streamable-http', url: recording.url },
        tools: { read: { effect: 'read', timeoutMs: 1_000 }, pay: { effect: 'irreversible', timeoutMs: 1_000 }, kept: { effect: 'read', cache: { ttlSeconds: 60 } } },
      },
      dead: {
        ...http,
        transport: { kind: 'streamable-http', url: `http://127.0.0.1:${await freePort()}/mcp` },
        breaker: { failures: 2, openMs: 60_000 },
        tools: { anything: { effect: 'read' } },
      },
    },
    grants: [
      { effect: 'allow', roles: ['developer'], tools: ['*'] },
      { effect: 'allow', roles: ['reader'], tools: ['files/*'] },
    ],
  };
  router = await RouterUnderTest.start(catalogue, { DATABASE_URL: url.href, ROOT: root, EVERYTHING_MCP_URL: need('EVERYTHING_MCP_URL') });
  await eventually('all servers but the dead one are connected', async () => {
    const { servers } = JSON.parse((await router.http('/readyz/tool-servers')).body) as { servers: { status: string }[] };
    return servers.filter(({ status }) => status === 'ready').length === 3;
  });
});

afterAll(async () => {
  await router.stop();
  await tables.close();
  database.close();
  recording.close();
  rmSync(root, { recursive: true });
});

describe('listing', () => {
  it('shows what the caller may use, and names the server that is missing', async () => {
    const list = await router.client.listTools(aContext());
    expect(list.tools.map((tool) => tool.name)).toEqual([
      'files__read_text_file',
      'files__list_directory',
      'everything__echo',
      'everything__get-sum',
      'everything__trigger-long-running-operation',
      'recording__read',
      'recording__pay',
      'recording__kept',
    ]);
    expect(list.unavailableServers).toEqual(['dead']);
    expect(list.tools[0]).toMatchObject({ server: 'files', effect: 'read', inputSchema: { type: 'object', required: ['path'] } });
    expect(list.catalogueVersion).toMatch(/^[0-9a-f]{16}$/);
  });

  it('follows the same rules as calls, and selects', async () => {
    const reader = await router.client.listTools(aContext({ roles: ['reader'] }));
    expect(new Set(reader.tools.map((tool) => tool.server))).toEqual(new Set(['files']));
    expect(reader.unavailableServers).toEqual([]);
    expect((await router.client.listTools(aContext({ roles: [] }))).tools).toEqual([]);
    expect((await router.client.listTools(aContext(), ['*__read*', 'everything__echo'])).tools.map((tool) => tool.name)).toEqual([
      'files__read_text_file',
      'everything__echo',
      'recording__read',
    ]);
  });
});

describe('a call', () => {
  it('brings the result of the real tool and leaves one record that only its tenant sees', async () => {
    const ctx = aContext();
    const call = aCall('files__read_text_file', { path: join(root, 'hello.txt') });
    const result = await router.client.callTool(ctx, call);
    expect(result).toMatchObject({
      text: 'hello from disk',
      content: [{ type: 'text', text: 'hello from disk' }],
      structured: { content: 'hello from disk' },
      cached: false,
      outcome: { status: 'ok', server: 'files', tool: 'read_text_file', effect: 'read', truncated: false, arguments_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const [row, ...more] = await records.list(ctx, call.runId);
    const { truncated: _, ...outcome } = result.outcome;
    expect(row).toMatchObject({ ...outcome, run_id: call.runId, call_id: call.callId });
    expect(more).toEqual([]);
    expect(await records.list(aContext(), call.runId)).toEqual([]);
  });

  it('keeps an error of the tool as an answer', async () => {
    const result = await router.client.callTool(aContext(), aCall('files__read_text_file', { path: '/etc/passwd' }));
    expect(result.outcome).toMatchObject({ status: 'error', code: 'TOOL_FAILED' });
    expect(result.text).toContain('Access denied');
    const refused = await router.client.callTool(aContext(), aCall('recording__read', { mode: 'rpc-error' }));
    expect(refused.outcome).toMatchObject({ status: 'error', code: 'TOOL_FAILED' });
    expect(refused.text).toContain('the licence has expired');
  });

  it('passes the trace on to the tool server', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await router.client.callTool(aContext({ traceparent }), aCall('recording__read'));
    expect(String(recording.calls.at(-1)?.params?._meta?.['traceparent'])).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  it('leaves out a structured result that breaks the schema its server gave', async () => {
    const result = await router.client.callTool(aContext(), aCall('recording__read', { mode: 'broken-promise' }));
    expect(result).toMatchObject({ text: 'fine', outcome: { status: 'ok' } });
    expect(result).not.toHaveProperty('structured');
  });

  it('answers 200 calls of four tenants at once, each with its own result', async () => {
    const sums = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const { text } = await router.client.callTool(aContext({ tenantId: `00000000-0000-4000-8000-00000000000${i % 4}` }), aCall('everything__echo', { message: `m${i}` }));
        return text.includes(`m${i}`);
      }),
    );
    expect(sums.filter((isRight) => isRight)).toHaveLength(200);
  });
});

describe('a refusal is an answer with a record', () => {
  it.each([
    ['an unknown tool', 'files__delete_everything', {}, ['developer'], 'TOOL_UNKNOWN', /no tool named "files__delete_everything"/],
    ['a tool its server does not have', 'files__no_such', {}, ['developer'], 'TOOL_UNKNOWN', /no tool named/],
    ['a tool of the server outside the catalogue', 'files__write_file', { path: 'x', content: 'y' }, ['developer'], 'TOOL_UNKNOWN', /no tool named/],
    ['a tool the caller may not use', 'everything__echo', { message: 'x' }, ['reader'], 'TOOL_NOT_PERMITTED', /not permitted/],
    ['wrong arguments', 'files__read_text_file', { path: 5, head: 'x' }, ['developer'], 'TOOL_INVALID_ARGUMENTS', /- path: must be string\n- head: must be number/],
    ['a forbidden argument', 'files__read_text_file', { path: '/secret/x' }, ['developer'], 'TOOL_NOT_PERMITTED', /"\/secret\/x" of the argument path/],
  ])('%s', async (_, name, args, roles, code, text) => {
    const ctx = aContext({ roles });
    const call = aCall(name, args);
    const result = await router.client.callTool(ctx, call);
    expect(result.outcome).toMatchObject({ status: 'refused', code });
    expect(result.text).toMatch(text);
    expect(await records.list(ctx, call.runId)).toMatchObject([{ status: 'refused', code, call_id: call.callId }]);
  });

  it('a server that is not there: first retryable, then the circuit opens for this tenant; other servers are untouched', async () => {
    const ctx = aContext();
    for (let i = 0; i < 2; i += 1) await expect(router.client.callTool(ctx, aCall('dead__anything'))).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true });
    const result = await router.client.callTool(ctx, aCall('dead__anything'));
    expect(result.outcome).toMatchObject({ status: 'refused', code: 'TOOL_CIRCUIT_OPEN' });
    expect(result.text).toMatch(/dead keeps failing; calls to it are paused for about \d+ s/);
    expect((await router.client.callTool(ctx, aCall('everything__echo', { message: 'alive' }))).text).toContain('alive');
    expect((await router.http('/readyz')).status).toBe(200);
  });
});

describe('calls from strangers', () => {
  it('are refused without a valid signature', async () => {
    const stranger = new ToolRouterClient({ address: router.address, secret: 'another secret of length' });
    await expect(stranger.callTool(aContext(), aCall('everything__echo', { message: 'x' }))).rejects.toMatchObject({ code: 'UNAUTHENTICATED', retryable: false });
    await expect(stranger.listTools(aContext())).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    stranger.close();
  });

  it('are refused when a field breaks the contract', async () => {
    const bad = { ...aCall('everything__echo', { message: 'x' }), runId: 'no-uuid' };
    await expect(router.client.callTool(aContext(), bad)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('runId') });
    const large = aCall('everything__echo', { message: 'x'.repeat(1_100_000) });
    await expect(router.client.callTool(aContext(), large)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('the cache', () => {
  it('answers the second identical call of the same tenant and nobody else’s', async () => {
    const ctx = aContext();
    const before = recording.calls.length;
    const first = await router.client.callTool(ctx, aCall('recording__kept', { mode: 'a', x: 1 }));
    const again = await eventually('the result is kept', async () => {
      const result = await router.client.callTool(ctx, aCall('recording__kept', { x: 1, mode: 'a' }));
      return result.cached && result;
    });
    expect(again).toMatchObject({ text: first.text, structured: first.structured, outcome: { status: 'ok', bytes: first.outcome.bytes } });
    expect((await router.client.callTool(ctx, aCall('recording__kept', { mode: 'b' }))).cached).toBe(false);
    expect((await router.client.callTool(aContext(), aCall('recording__kept', { mode: 'a', x: 1 }))).cached).toBe(false);
    expect(recording.calls.length - before).toBeLessThanOrEqual(4);
    const run = aCall('recording__kept', { mode: 'a', x: 1 });
    await router.client.callTool(ctx, run);
    expect(await records.list(ctx, run.runId)).toHaveLength(1);
  });

  it('never keeps what was not asked for', async () => {
    const ctx = aContext();
    const texts = [await router.client.callTool(ctx, aCall('recording__read')), await router.client.callTool(ctx, aCall('recording__read'))];
    expect(texts[0]?.text).not.toBe(texts[1]?.text);
  });
});

describe('time', () => {
  it('a tool that hangs is cancelled at its own limit, and the server is told', async () => {
    const started = Date.now();
    const result = await router.client.callTool(aContext(), aCall('recording__read', { mode: 'hang' }));
    expect(result.outcome).toMatchObject({ status: 'error', code: 'TOOL_TIMEOUT' });
    expect(Date.now() - started).toBeLessThan(3_000);
    const id = recording.calls.at(-1)?.id ?? -1;
    await eventually('the cancellation arrived', async () => recording.cancelled.includes(id));
  });

  it('a call that its caller cancels is cancelled on the server', async () => {
    const controller = new AbortController();
    const before = recording.calls.length;
    const pending = router.client.callTool(aContext(), aCall('recording__read', { mode: 'hang' }), { signal: controller.signal });
    pending.catch(() => undefined);
    await eventually('the call arrived', async () => recording.calls.length > before);
    controller.abort(new Error('stop'));
    await expect(pending).rejects.toThrow('stop');
    const id = recording.calls.at(-1)?.id ?? -1;
    await eventually('the cancellation arrived', async () => recording.cancelled.includes(id), 900);
  });

  it('the caller’s deadline ends a long call', async () => {
    const started = Date.now();
    const outcome = await router.client.callTool(aContext(), aCall('everything__trigger-long-running-operation', { duration: 30, steps: 3 }), { timeoutMs: 700 }).then(
      (result) => result.outcome.code,
      (error: { code: string }) => error.code,
    );
    expect(['TOOL_TIMEOUT', 'DEADLINE_EXCEEDED']).toContain(outcome);
    expect(Date.now() - started).toBeLessThan(2_000);
  });
});

describe('effects', () => {
  it('an outcome nobody knows is said so, never retried: lost connection and timeout of an irreversible call', async () => {
    const before = recording.calls.length;
    for (const mode of ['reset', 'hang']) {
      const ctx = aContext();
      const call = aCall('recording__pay', { mode });
      const result = await router.client.callTool(ctx, call);
      expect(result.outcome).toMatchObject({ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN', effect: 'irreversible' });
      expect(result.text).toContain('may or may not have taken effect');
      expect(await records.list(ctx, call.runId)).toMatchObject([{ code: 'TOOL_OUTCOME_UNKNOWN' }]);
    }
    expect(recording.calls.length - before).toBe(2);
  });

  it('a lost connection of a reading call is an error that may be retried', async () => {
    await expect(router.client.callTool(aContext(), aCall('recording__read', { mode: 'reset' }))).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true });
  });
});

describe('failures around the router', () => {
  it('kill -9 of the stdio server: the next calls work', async () => {
    const pid = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .find((line) => line.includes('server-filesystem') && line.includes(root))
      ?.trim()
      .split(' ')[0];
    process.kill(Number(pid), 'SIGKILL');
    const call = aCall('files__read_text_file', { path: join(root, 'hello.txt') });
    const result = await eventually('the call works', async () => router.client.callTool(aContext(), call).catch(() => undefined));
    expect(result.text).toBe('hello from disk');
  });

  it('without PostgreSQL nothing is called: retryable error, not ready within 5 s, and all is well when it is back', async () => {
    await router.client.callTool(aContext(), aCall('recording__read'));
    const before = recording.calls.length;
    database.cut();
    // Irreversible calls never count on an earlier answer of the database.
    await expect(router.client.callTool(aContext(), aCall('recording__pay'))).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    expect(recording.calls.length).toBe(before);
    await expect(router.client.callTool(aContext(), aCall('files__delete_everything'))).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    await expect(router.client.callTool(aContext(), aCall('recording__read'))).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    const missing = await eventually('not ready', async () => {
      const answer = await router.http('/readyz');
      return answer.status === 503 && answer;
    }, 5_000);
    expect(missing.body).toContain('postgresql');
    expect((await router.http('/livez')).status).toBe(200);
    database.mend();
    await eventually('calls work again', async () => router.client.callTool(aContext(), aCall('recording__read')).catch(() => undefined));
    await eventually('ready', async () => (await router.http('/readyz')).status === 200);
  });

  it('tells its figures', async () => {
    const { body } = await router.http('/metrics');
    expect(body).toMatch(/holdfast_tool_calls_total\{server="files",tool="read_text_file",status="ok"\} [1-9]/);
    expect(body).toMatch(/holdfast_tool_refusals_total\{server="none",tool="none",code="TOOL_UNKNOWN"\} [1-9]/);
    expect(body).toMatch(/holdfast_tool_server_up\{server="dead"\} 0/);
    expect(body).toMatch(/holdfast_tool_server_up\{server="files"\} 1/);
    expect(body).not.toContain('delete_everything');
  });
});

describe('without anything', () => {
  it('starts, listens, says what it lacks, lists nothing, and caches nothing without Redis', async () => {
    const port = await freePort();
    const alone = await RouterUnderTest.start(
      {
        servers: { everything: { transport: { kind: 'streamable-http', url: need('EVERYTHING_MCP_URL') }, isolation: 'shared', tools: { 'get-sum': { effect: 'read', cache: { ttlSeconds: 60 } } } } },
        grants: [{ effect: 'allow', tools: ['*'] }],
      },
      { REDIS_URL: `redis://127.0.0.1:${port}` },
    );
    const lonely = await RouterUnderTest.start(
      { servers: { gone: { transport: { kind: 'streamable-http', url: `http://127.0.0.1:${port}/mcp` }, isolation: 'shared', tools: { t: { effect: 'read' } } } }, grants: [{ effect: 'allow', tools: ['*'] }] },
      { DATABASE_URL: `postgresql://x:y@127.0.0.1:${port}/z`, REDIS_URL: `redis://127.0.0.1:${port}` },
    );
    try {
      expect(await lonely.http('/readyz')).toMatchObject({ status: 503, body: expect.stringContaining('postgresql') });
      expect(await lonely.client.listTools(aContext())).toMatchObject({ tools: [], unavailableServers: ['gone'] });
      await expect(lonely.client.callTool(aContext(), aCall('gone__t'))).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
      const ctx = aContext();
      const sum = () => alone.client.callTool(ctx, aCall('everything__get-sum', { a: 1, b: 2 }));
      const first = await eventually('connected', async () => sum().catch(() => undefined));
      expect(first.text).toContain('3');
      expect(await sum()).toMatchObject({ text: first.text, cached: false });
    } finally {
      await lonely.stop();
      await alone.stop();
    }
  });
});
