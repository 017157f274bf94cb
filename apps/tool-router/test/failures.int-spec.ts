import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { eventually, freePort } from '@holdfast/testing';
import { need } from './fixtures';
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

describe('time', () => {
  it('a tool that hangs is cancelled at its own limit, and the server is told', async () => {
    const started = Date.now();
    const result = await router.client.callTool(aContext(), aCall('recording__read', { mode: 'hang' }));
    expect(result.outcome).toMatchObject({ status: 'error', code: 'TOOL_TIMEOUT' });
    expect(Date.now() - started).toBeLessThan(3_000);
    const id = scene.recording.calls.at(-1)?.id ?? -1;
    await eventually('the cancellation arrived', async () => scene.recording.cancelled.includes(id));
  });

  it('a call that its caller cancels is cancelled on the server', async () => {
    const controller = new AbortController();
    const before = scene.recording.calls.length;
    const pending = router.client.callTool(aContext(), aCall('recording__read', { mode: 'hang' }), { signal: controller.signal });
    pending.catch(() => undefined);
    await eventually('the call arrived', async () => scene.recording.calls.length > before);
    controller.abort(new Error('stop'));
    await expect(pending).rejects.toThrow('stop');
    const id = scene.recording.calls.at(-1)?.id ?? -1;
    await eventually('the cancellation arrived', async () => scene.recording.cancelled.includes(id), 900);
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
    const before = scene.recording.calls.length;
    for (const mode of ['reset', 'hang']) {
      const ctx = aContext();
      const call = aCall('recording__pay', { mode });
      const result = await router.client.callTool(ctx, call);
      expect(result.outcome).toMatchObject({ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN', effect: 'irreversible' });
      expect(result.text).toContain('may or may not have taken effect');
      expect(await scene.records.list(ctx, call.runId)).toMatchObject([{ code: 'TOOL_OUTCOME_UNKNOWN' }]);
    }
    expect(scene.recording.calls.length - before).toBe(2);
  });

  it('are recorded although PostgreSQL is away for a moment when they have happened', async () => {
    const { recording, database } = scene;
    const ctx = aContext();
    const call = aCall('recording__pay', { mode: 'hang' });
    const before = recording.calls.length;
    const answer = router.client.callTool(ctx, call);
    await eventually('the call arrived', async () => recording.calls.length > before);
    database.cut();
    // Past the tool's limit of 1 s, so that the first tries find nobody.
    setTimeout(() => database.mend(), 1_500);
    expect((await answer).outcome).toMatchObject({ status: 'error', code: 'TOOL_OUTCOME_UNKNOWN' });
    expect(await scene.records.list(ctx, call.runId)).toMatchObject([{ call_id: call.callId, code: 'TOOL_OUTCOME_UNKNOWN' }]);
  });

  it('a lost connection of a reading call is an error that may be retried', async () => {
    await expect(router.client.callTool(aContext(), aCall('recording__read', { mode: 'reset' }))).rejects.toMatchObject({ code: 'TOOL_UNAVAILABLE', retryable: true });
  });
});

describe('failures around the router', () => {
  it('kill -9 of the stdio server: the next calls work', async () => {
    const pid = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .find((line) => line.includes('server-filesystem') && line.includes(scene.root))
      ?.trim()
      .split(' ')[0];
    process.kill(Number(pid), 'SIGKILL');
    const call = aCall('files__read_text_file', { path: join(scene.root, 'hello.txt') });
    const result = await eventually('the call works', async () => router.client.callTool(aContext(), call).catch(() => undefined));
    expect(result.text).toBe('hello from disk');
  });

  it('without PostgreSQL nothing is called: retryable error, not ready within 5 s, and all is well when it is back', async () => {
    await router.client.callTool(aContext(), aCall('recording__read'));
    const before = scene.recording.calls.length;
    scene.database.cut();
    // Irreversible calls never count on an earlier answer of the database.
    await expect(router.client.callTool(aContext(), aCall('recording__pay'))).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE', retryable: true });
    expect(scene.recording.calls.length).toBe(before);
    await expect(router.client.callTool(aContext(), aCall('files__delete_everything'))).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    await expect(router.client.callTool(aContext(), aCall('recording__read'))).rejects.toMatchObject({ code: 'DEPENDENCY_UNAVAILABLE' });
    const missing = await eventually('not ready', async () => {
      const answer = await router.http('/readyz');
      return answer.status === 503 && answer;
    }, 5_000);
    expect(missing.body).toContain('postgresql');
    expect((await router.http('/livez')).status).toBe(200);
    scene.database.mend();
    await eventually('calls work again', async () => router.client.callTool(aContext(), aCall('recording__read')).catch(() => undefined));
    await eventually('ready', async () => (await router.http('/readyz')).status === 200);
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
