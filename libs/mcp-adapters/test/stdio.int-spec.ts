import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { eventually } from '@holdfast/testing';
import { McpServerConnection } from '../src/server-connection';
import { normaliseResult } from '../src/normalise-result';
import { mcpServerConformance } from './conformance';
import { filesystemSpec, isAlive } from './real-servers';

// Above every wait inside a test: one that Jest gives up goes on in the background and kills the processes of the next.
jest.setTimeout(60_000);

const root = mkdtempSync(join(tmpdir(), 'holdfast-mcp-'));
writeFileSync(join(root, 'hello.txt'), 'hello from disk');
let connection: McpServerConnection;

beforeAll(() => {
  connection = new McpServerConnection({ slug: 'filesystem', spec: filesystemSpec(root), limits: { connectWaitMs: 10_000 } });
  connection.start();
});
afterAll(async () => {
  await connection.close();
  rmSync(root, { recursive: true });
});

const readHello = (): Promise<unknown> => connection.call('read_text_file', { path: join(root, 'hello.txt') }, { timeoutMs: 10_000 });

describe('server-filesystem over stdio', () => {
  mcpServerConformance({
    connection: () => connection,
    good: { tool: 'read_text_file', args: { path: join(root, 'hello.txt') }, contains: 'hello from disk' },
    failing: { tool: 'read_text_file', args: { path: '/etc/passwd' } },
  });

  it('survives kill -9 of the child: the next call works on a new process', async () => {
    await connection.waitUntilReady(10_000);
    for (let round = 0; round < 3; round += 1) {
      const { pid, connections } = connection.state;
      expect(pid).toBeDefined();
      process.kill(pid ?? 0, 'SIGKILL');
      // At once, while the death has not even been noticed: a call either fails as lost or waits for the new process.
      const during = await readHello().then(
        () => 'ok',
        (error: { code?: string }) => error.code,
      );
      expect(['ok', 'LOST', 'UNAVAILABLE']).toContain(during);
      expect(normaliseResult(await readHello()).text).toBe('hello from disk');
      expect(connection.state.pid).not.toBe(pid);
      expect(connection.state.connections).toBe(connections + 1);
    }
  });

  it('is not punished for dying often as long as it answers in between', async () => {
    // Without luck in the jitter, growing pauses would make the eighth start wait 10 s.
    const unlucky = new McpServerConnection({ slug: 'unlucky', spec: filesystemSpec(root), limits: { connectWaitMs: 20_000 }, random: () => 0.999 });
    let lastMs = 0;
    for (let round = 0; round < 8; round += 1) {
      await unlucky.call('list_allowed_directories', {}, { timeoutMs: 20_000 });
      process.kill(unlucky.state.pid ?? 0, 'SIGKILL');
      await eventually('the death is noticed', () => unlucky.state.status === 'connecting');
      const started = performance.now();
      await unlucky.waitUntilReady(20_000);
      lastMs = performance.now() - started;
    }
    await unlucky.close();
    expect(lastMs).toBeLessThan(9_000);
  });

  it('fails calls under way as lost when the child dies', async () => {
    await connection.waitUntilReady(10_000);
    const pid = connection.state.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const pending = Promise.allSettled([readHello(), readHello()]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.kill(pid, 'SIGKILL');
    expect(await pending).toEqual([
      { status: 'rejected', reason: expect.objectContaining({ code: 'LOST' }) },
      { status: 'rejected', reason: expect.objectContaining({ code: 'LOST' }) },
    ]);
    await connection.waitUntilReady(10_000);
  });

  it('times out on a child that hangs, and goes on when it wakes', async () => {
    await connection.waitUntilReady(10_000);
    const pid = connection.state.pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    await expect(connection.call('list_allowed_directories', {}, { timeoutMs: 300 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    process.kill(pid, 'SIGCONT');
    expect(normaliseResult(await readHello()).text).toBe('hello from disk');
    expect(connection.state.pid).toBe(pid);
  });
});

describe('a stdio server', () => {
  const limits = { minBackoffMs: 20, maxBackoffMs: 100, connectWaitMs: 200, connectTimeoutMs: 3_000 };

  it('that cannot start is tried again for ever, says why, and fails calls soon', async () => {
    const broken = new McpServerConnection({
      slug: 'broken',
      spec: { kind: 'stdio', command: process.execPath, args: ['-e', 'console.error("no licence"); process.exit(3)'] },
      limits,
    });
    broken.start();
    await eventually('the reason is known', () => broken.state.lastError?.includes('no licence') === true);
    expect(broken.state.status).toBe('connecting');
    await expect(broken.call('x', {}, { timeoutMs: 5_000 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await broken.close();
    expect(broken.state.status).toBe('closed');
  });

  it('whose executable is absent is the same', async () => {
    const absent = new McpServerConnection({ slug: 'absent', spec: { kind: 'stdio', command: '/no/such/program', args: [] }, limits });
    absent.start();
    await eventually('the reason is known', () => absent.state.lastError?.includes('ENOENT') === true);
    await absent.close();
  });

  it('that ignores the end of its input and SIGTERM is killed', async () => {
    const script = `
      process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
      process.stdin.setEncoding('utf8'); let rest = '';
      process.stdin.on('data', (chunk) => { rest += chunk; const lines = rest.split('\\n'); rest = lines.pop();
        for (const line of lines) { const { id, method } = JSON.parse(line);
          const result = method === 'initialize' ? { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'stubborn', version: '1' } } : { tools: [] };
          if (method === 'initialize' || method === 'tools/list') console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
          else if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no' } })); } });`;
    const stubborn = new McpServerConnection({ slug: 'stubborn', spec: { kind: 'stdio', command: process.execPath, args: ['-e', script] } });
    stubborn.start();
    await stubborn.waitUntilReady(10_000);
    const pid = stubborn.state.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await stubborn.close();
    await eventually('the process is gone', () => !isAlive(pid), 2_000);
  }, 20_000);

  it('leaves no process behind when its owner is killed', async () => {
    const before = children('server-filesystem');
    await connection.waitUntilReady(10_000);
    // The owner of the child here is this process; its standard input closing is all that a SIGKILL of the owner would show the child.
    const owner = `
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, ${JSON.stringify(filesystemSpec(root).args)}, { stdio: ['pipe', 'ignore', 'ignore'] });
      setTimeout(() => { process.stdout.write(String(child.pid)); process.kill(process.pid, 'SIGKILL'); }, 500);`;
    let printed = '';
    try {
      execFileSync(process.execPath, ['-e', owner], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch (error) {
      printed = String((error as { stdout?: unknown }).stdout);
    }
    const pid = Number(printed.trim());
    expect(pid).toBeGreaterThan(0);
    await eventually('the orphan ended', () => !isAlive(pid) || isZombie(pid), 5_000);
    expect(children('server-filesystem')).toBe(before);
  });
});

function isZombie(pid: number): boolean {
  return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim().startsWith('Z');
}

/** Number of children of this process whose command line holds the text. */
function children(text: string): number {
  const lines = execFileSync('ps', ['-eo', 'ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.trim().startsWith(`${process.pid} `) && line.includes(text)).length;
}
