import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identify } from '../bin/process-identity.mjs';
import { clearOrphans } from '../src/servers/postgres-orphans.ts';

describe('clearOrphans', () => {
  let data: string;
  const children: ChildProcess[] = [];
  const start = (command: string, args: string[], cwd: string): number => {
    const child = spawn(command, args, { cwd, stdio: 'ignore' });
    children.push(child);
    return child.pid ?? 0;
  };
  const backend = (cwd: string): number => start(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], cwd);

  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'holdfast-pgdata-'));
    writeFileSync(join(data, 'postmaster.pid'), '1');
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    rmSync(data, { recursive: true, force: true });
  });

  it("kills what runs our program in the data folder; neither a shell that stands there nor our program elsewhere", async () => {
    const orphan = backend(data);
    const shell = start('sleep', ['60'], data);
    const elsewhere = backend(tmpdir());
    await clearOrphans(data, process.execPath, 100);
    expect([orphan, shell, elsewhere].map((pid) => identify(pid) !== undefined)).toEqual([false, true, true]);
    expect(existsSync(join(data, 'postmaster.pid'))).toBe(false);
  });
});
