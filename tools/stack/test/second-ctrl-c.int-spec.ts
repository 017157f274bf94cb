import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@holdfast/testing';
import { identify } from '../bin/process-identity.mjs';
import { homeLayout } from '../src/layout.ts';
import { PidFiles } from '../src/supervise/pid-files.ts';
import { readEntries } from '../src/supervise/read-entries.ts';
import { livingMembers } from './processes.ts';

/** Ends at no signal one can refuse, and has a child in its group. */
const STUBBORN = `
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => {});
  require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  setInterval(() => {}, 1000);
`;

describe('a second Ctrl-C', () => {
  let home: string;
  let supervisor: ChildProcess | undefined;
  let stranger: ChildProcess | undefined;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'holdfast-impatient-'));
  });
  afterEach(() => {
    for (const entry of readEntries(homeLayout(home).stackJson)) if (livingMembers(entry.pid).length > 0) process.kill(-entry.pid, 'SIGKILL');
    for (const child of [supervisor, stranger]) child?.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  });

  it('kills all that this supervisor started, and nothing else, without waiting', async () => {
    const layout = homeLayout(home);
    const specs = ['one', 'two'].map((name) => ({ name, command: process.execPath, args: ['-e', STUBBORN], env: {}, cwd: home, port: 0 }));
    supervisor = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/impatient.ts'), home, JSON.stringify(specs)], { stdio: 'inherit' });
    const exit = once(supervisor, 'exit');
    const pids = await eventually('both are up', () => {
      const ready = readEntries(layout.stackJson).filter((entry) => entry.state === 'ready').map((entry) => entry.pid);
      return ready.length === 2 && ready.every((pid) => livingMembers(pid).length === 2) && ready;
    });
    stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const pid = stranger.pid ?? 0;
    new PidFiles(layout.pids).write({ name: 'stranger', identity: { pid, started: 'earlier boot:1' }, stopSignal: 'SIGTERM' });

    supervisor.kill('SIGINT');
    // two that come at once are one: npm, its shell and the terminal may each deliver it
    supervisor.kill('SIGINT');
    await sleep(2_300);
    expect(supervisor.exitCode).toBeNull();
    const begun = performance.now();
    supervisor.kill('SIGINT');
    expect(await exit).toEqual([130, null]);
    expect(performance.now() - begun).toBeLessThan(5_000);

    await eventually('nothing is left', () => pids.every((group) => livingMembers(group).length === 0), 2_000);
    expect(identify(pid)).toBeDefined();
    expect(existsSync(layout.supervisorJson)).toBe(false);
    expect(readEntries(layout.stackJson)).toEqual([]);
  });
});
