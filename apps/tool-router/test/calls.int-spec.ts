import { join } from 'node:path';
import { jest } from '@jest/globals';
import { ToolRouterClient } from '@holdfast/rpc';
import { eventually } from '@holdfast/testing';
import { RouterUnderTest, aCall, aContext } from './router-under-test';
import { Scene } from './scene';

// Above every wait inside a test: one that Jest gives up goes on in the background and disturbs the next.
jest.setTimeout(60_000);

let scene: Scene;
let router: RouterUnderTest;
beforeAll(async () => {
  scene = await Scene.start();
  ({ router } = scene);
});
afterAll(() => scene.stop());

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
    const call = aCall('files__read_text_file', { path: join(scene.root, 'hello.txt') });
    const result = await router.client.callTool(ctx, call, { withContent: true });
    expect(result).toMatchObject({
      text: 'hello from disk',
      content: [{ type: 'text', text: 'hello from disk' }],
      structured: { content: 'hello from disk' },
      cached: false,
      outcome: { status: 'ok', server: 'files', tool: 'read_text_file', effect: 'read', truncated: false, arguments_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const [row, ...more] = await scene.records.list(ctx, call.runId);
    const { truncated: _, ...outcome } = result.outcome;
    expect(row).toMatchObject({ ...outcome, run_id: call.runId, call_id: call.callId });
    expect(more).toEqual([]);
    expect(await scene.records.list(aContext(), call.runId)).toEqual([]);
  });

  it('leaves content where it is unless it is asked for', async () => {
    const result = await router.client.callTool(aContext(), aCall('files__read_text_file', { path: join(scene.root, 'hello.txt') }));
    expect(result).toEqual({ text: 'hello from disk', cached: false, replayed: false, outcome: expect.objectContaining({ status: 'ok', bytes: expect.any(Number) }) });
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
    expect(String(scene.recording.calls.at(-1)?.params?._meta?.['traceparent'])).toContain('0af7651916cd43dd8448eb211c80319c');
  });

  it('leaves out a structured result that breaks the schema its server gave', async () => {
    const result = await router.client.callTool(aContext(), aCall('recording__read', { mode: 'broken-promise' }), { withContent: true });
    expect(result).toMatchObject({ text: 'fine', content: [{ type: 'text', text: 'fine' }], outcome: { status: 'ok' } });
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
    ['a name that is none', '', {}, ['developer'], 'TOOL_UNKNOWN', /no tool named ""/],
    ['a name of any length', 'x'.repeat(5_000_000), {}, ['developer'], 'TOOL_UNKNOWN', /no tool named "x{100}…"/],
    ['a tool the caller may not use', 'everything__echo', { message: 'x' }, ['reader'], 'TOOL_NOT_PERMITTED', /not permitted/],
    ['wrong arguments', 'files__read_text_file', { path: 5, head: 'x' }, ['developer'], 'TOOL_INVALID_ARGUMENTS', /- path: must be string\n- head: must be number/],
    ['arguments of any length', 'files__read_text_file', { path: '€'.repeat(5_000_000) }, ['developer'], 'TOOL_INVALID_ARGUMENTS', /not be longer than 1048576 characters/],
    ['a forbidden argument', 'files__read_text_file', { path: '/secret/x' }, ['developer'], 'TOOL_NOT_PERMITTED', /"\/secret\/x" of the argument path/],
  ])('%s', async (_, name, args, roles, code, text) => {
    const ctx = aContext({ roles });
    const call = aCall(name, args);
    const result = await router.client.callTool(ctx, call);
    expect(result.outcome).toMatchObject({ status: 'refused', code });
    expect(result.text).toMatch(text);
    expect(await scene.records.list(ctx, call.runId)).toMatchObject([{ status: 'refused', code, call_id: call.callId }]);
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
  });
});

describe('the cache', () => {
  it('answers the second identical call of the same tenant and nobody else’s', async () => {
    const ctx = aContext();
    const before = scene.recording.calls.length;
    const first = await router.client.callTool(ctx, aCall('recording__kept', { mode: 'a', x: 1 }), { withContent: true });
    const again = await eventually('the result is kept', async () => {
      const result = await router.client.callTool(ctx, aCall('recording__kept', { x: 1, mode: 'a' }), { withContent: true });
      return result.cached && result;
    });
    expect(again).toMatchObject({ text: first.text, content: first.content, structured: { n: 1 }, outcome: { status: 'ok', bytes: first.outcome.bytes } });
    expect((await router.client.callTool(ctx, aCall('recording__kept', { mode: 'b' }))).cached).toBe(false);
    expect((await router.client.callTool(aContext(), aCall('recording__kept', { mode: 'a', x: 1 }))).cached).toBe(false);
    expect(scene.recording.calls.length - before).toBeLessThanOrEqual(4);
    const run = aCall('recording__kept', { mode: 'a', x: 1 });
    await router.client.callTool(ctx, run);
    expect(await scene.records.list(ctx, run.runId)).toHaveLength(1);
  });

  it('never keeps what was not asked for', async () => {
    const ctx = aContext();
    const texts = [await router.client.callTool(ctx, aCall('recording__read')), await router.client.callTool(ctx, aCall('recording__read'))];
    expect(texts[0]?.text).not.toBe(texts[1]?.text);
  });
});

it('tells its figures', async () => {
  const { body } = await router.http('/metrics');
  expect(body).toMatch(/holdfast_tool_calls_total\{server="files",tool="read_text_file",status="ok"\} [1-9]/);
  expect(body).toMatch(/holdfast_tool_refusals_total\{server="none",tool="none",code="TOOL_UNKNOWN"\} [1-9]/);
  expect(body).toMatch(/holdfast_tool_server_up\{server="dead"\} 0/);
  expect(body).toMatch(/holdfast_tool_server_up\{server="files"\} 1/);
  expect(body).toMatch(/holdfast_tool_open_circuits\{server="dead"\} 1/);
  expect(body).toMatch(/holdfast_tool_open_circuits\{server="files"\} 0/);
  expect(body).not.toContain('delete_everything');
});
