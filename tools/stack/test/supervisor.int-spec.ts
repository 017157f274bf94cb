import { mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, freePort } from '@holdfast/testing';
import { identify, isRunning } from '../bin/process-identity.mjs';
import { checkTcp } from '../src/kit/checks.ts';
import { homeLayout, type HomeLayout } from '../src/layout.ts';
import { endLeftovers } from '../src/supervise/leftovers.ts';
import type { ProcessEntry, ProcessSpec } from '../src/supervise/process-spec.ts';
import { readEntries } from '../src/supervise/read-entries.ts';
import { Supervisor } from '../src/supervise/supervisor.ts';
import { livingMembers } from './processes.ts';

const SERVER = `
  require('node:net').createServer().listen(Number(process.env.PORT), '127.0.0.1');
  require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  console.log('listening');
`;

describe('Supervisor', () => {
  let home: string;
  let layout: HomeLayout;
  const signal = new AbortController().signal;
  let supervisor: Supervisor;
  let told: string[];
  const tell = (text: string): void => void told.push(text);

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'holdfast-supervisor-'));
    layout = homeLayout(home);
    told = [];
    supervisor = new Supervisor(layout, tell);
  });
  afterEach(async () => {
    await supervisor.stop([]);
    rmSync(home, { recursive: true, force: true });
  });

  async function tiny(name: string, code = SERVER): Promise<ProcessSpec> {
    const port = await freePort();
    return { name, command: process.execPath, args: ['-e', code], env: { PORT: String(port) }, cwd: home, port, check: () => checkTcp('127.0.0.1', port) };
  }

  function entryOf(name: string): ProcessEntry {
    const entry = readEntries(layout.stackJson).find((candidate) => candidate.name === name);
    if (entry === undefined) throw new Error(`no entry ${name}`);
    return entry;
  }

  it('starts a process, lists it, starts it again after kill -9 and ends it with its children', async () => {
    supervisor.start(await tiny('tiny'));
    await supervisor.waitReady('tiny', { timeoutMs: 10_000, signal });
    const first = entryOf('tiny');
    expect(first).toMatchObject({ state: 'ready', restarts: 0 });
    expect(readFileSync(first.log, 'utf8')).toContain('listening');

    const begun = performance.now();
    process.kill(first.pid, 'SIGKILL');
    while (entryOf('tiny').restarts === 0 || entryOf('tiny').state !== 'ready') {
      expect(performance.now() - begun).toBeLessThan(10_000);
      await sleep(20);
    }
    const second = entryOf('tiny');
    expect(second).toMatchObject({ restarts: 1, port: first.port });
    expect(second.pid).not.toBe(first.pid);

    const identity = identify(second.pid);
    await supervisor.stop([]);
    expect(identity !== undefined && isRunning(identity)).toBe(false);
    expect(livingMembers(second.pid)).toEqual([]);
    expect(readEntries(layout.stackJson)).toEqual([]);
  });

  it('starts what served over at once, however often it is killed', async () => {
    supervisor.start(await tiny('tiny'));
    await supervisor.waitReady('tiny', { timeoutMs: 10_000, signal });
    for (let kills = 1; kills <= 6; kills++) {
      await sleep(1_100);
      process.kill(entryOf('tiny').pid, 'SIGKILL');
      const killed = performance.now();
      while (entryOf('tiny').restarts !== kills || entryOf('tiny').state !== 'ready') {
        // the pauses of a process that cannot start would have grown to four seconds
        expect(performance.now() - killed).toBeLessThan(3_000);
        await sleep(20);
      }
    }
  });

  it('gives a process up that cannot start, and shows the end of its log', async () => {
    supervisor.start(await tiny('broken', 'console.log("no configuration"); process.exit(3)'));
    await expect(supervisor.waitReady('broken', { timeoutMs: 10_000, signal })).rejects.toThrow(/exit code 3[^]*no configuration/);
    await supervisor.stop([]);
  });

  it('kills what does not end in time', async () => {
    supervisor.start({ ...(await tiny('stubborn', `process.on('SIGTERM', () => {});${SERVER}`)), stopTimeoutMs: 300 });
    await supervisor.waitReady('stubborn', { timeoutMs: 10_000, signal });
    const identity = identify(entryOf('stubborn').pid);
    await supervisor.stop([]);
    expect(identity !== undefined && isRunning(identity)).toBe(false);
  });

  it('leaves nothing to the next start, and touches no stranger that got a remembered pid', async () => {
    supervisor.start(await tiny('tiny'));
    await supervisor.waitReady('tiny', { timeoutMs: 10_000, signal });
    const { pid } = entryOf('tiny');
    const file = join(layout.pids, 'tiny.json');
    const stored = JSON.parse(readFileSync(file, 'utf8')) as { identity: { pid: number; started: string } };
    expect(stored.identity.pid).toBe(pid);
    // a supervisor that was killed restarts nothing; this one is alive, so only the list is looked at
    const { PidFiles } = await import('../src/supervise/pid-files.ts');
    const strangers = join(home, 'strangers');
    new PidFiles(strangers).write({ name: 'tiny', identity: { pid, started: 'earlier boot:1' }, stopSignal: 'SIGTERM' });
    expect(await endLeftovers(strangers, [])).toEqual([]);
    expect(identify(pid)).toBeDefined();
    expect(await endLeftovers(layout.pids, [])).toEqual(['tiny']);
    await supervisor.stop([]);
  });

  it('goes on when the list of processes cannot be written, and says so once', async () => {
    supervisor.start(await tiny('tiny'));
    await supervisor.waitReady('tiny', { timeoutMs: 10_000, signal });
    // as good as a full disk: nobody can write to a folder
    const inTheWay = `${layout.stackJson}.${process.pid}.tmp`;
    mkdirSync(inTheWay);
    process.kill(entryOf('tiny').pid, 'SIGKILL');
    await eventually('it runs again', () => supervisor.entries().some(({ restarts, state }) => restarts === 1 && state === 'ready'));
    expect(told).toEqual([expect.stringMatching(/stack\.json cannot be written.*EISDIR/)]);

    rmdirSync(inTheWay);
    process.kill(supervisor.entries()[0]?.pid ?? 0, 'SIGKILL');
    await eventually('the list is written again', () => entryOf('tiny').restarts === 2 && entryOf('tiny').state === 'ready');
    await supervisor.stop([]);
    expect(told).toHaveLength(1);
  });

  it('lets nothing run that has no pid file, and tries again until it can have one', async () => {
    const inTheWay = join(layout.pids, `tiny.json.${process.pid}.tmp`);
    mkdirSync(inTheWay);
    const spec = await tiny('tiny');
    supervisor.start(spec);
    await expect(supervisor.waitReady('tiny', { timeoutMs: 10_000, signal })).rejects.toThrow(/does not come up: .*EISDIR/);
    await expect(spec.check()).rejects.toThrow();

    rmdirSync(inTheWay);
    await eventually('it is tried again', () => supervisor.entries().some(({ state }) => state === 'ready'));
    await supervisor.stop([]);
  });
});
