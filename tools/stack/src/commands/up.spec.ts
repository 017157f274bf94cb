import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { jest } from '@jest/globals';
import { identify } from '../../bin/process-identity.mjs';
import { writeJson } from '../kit/files.ts';
import { homeLayout, type HomeLayout } from '../layout.ts';
import { readSettings } from '../settings.ts';
import { up } from './up.ts';

describe('up beside another start of the home', () => {
  let layout: HomeLayout;
  let other: ChildProcess;
  let said: string;
  const isPending = async (work: Promise<unknown>): Promise<boolean> => Promise.race([work.then(() => false), sleep(300).then(() => true)]);
  const begin = (): Promise<number> =>
    up(readSettings('/', { HOLDFAST_HOME: layout.home }), { serversOnly: false, without: undefined, cli: '/nobody/may/run/this' });

  beforeEach(() => {
    layout = homeLayout(mkdtempSync(join(tmpdir(), 'holdfast-up-')));
    other = spawn('sleep', ['60'], { stdio: 'ignore' });
    writeJson(layout.supervisorJson, identify(other.pid ?? 0));
    said = '';
    for (const output of [process.stdout, process.stderr]) {
      jest.spyOn(output, 'write').mockImplementation((text) => {
        said += String(text);
        return true;
      });
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
    other.kill('SIGKILL');
    rmSync(layout.home, { recursive: true, force: true });
  });

  it('waits until that one is ready', async () => {
    const waiting = begin();
    expect(await isPending(waiting)).toBe(true);
    expect(said).toContain(`is being started by process ${other.pid}`);
    writeJson(layout.supervisorJson, { ...identify(other.pid ?? 0), ready: true });
    expect(await waiting).toBe(0);
    expect(await begin()).toBe(0);
    expect(said).toContain('is already up');
  });

  it('fails when that one ends before', async () => {
    const waiting = begin();
    expect(await isPending(waiting)).toBe(true);
    other.kill('SIGKILL');
    expect(await waiting).toBe(1);
    expect(said).toContain('has ended without a ready stack');
  });
});
