import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify } from '../../bin/process-identity.mjs';
import { claimFile, withFileLock } from '../../bin/file-lock.mjs';

describe('file locks', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-lock-'));
    path = join(folder, 'deep/a.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('let one at a time in', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await sleep(20);
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withFileLock(path, {}, work)));
    expect(most).toBe(1);
  });

  it('are given back when the work fails', async () => {
    await expect(withFileLock(path, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(withFileLock(path, {}, async () => 'yes')).resolves.toBe('yes');
  });

  it('name a living holder and are taken from a dead one', () => {
    expect(claimFile(path)).toBeUndefined();
    expect(claimFile(path)).toEqual(identify(process.pid));
    writeFileSync(path, JSON.stringify({ pid: process.pid, started: 'earlier boot:1' }));
    expect(claimFile(path)).toBeUndefined();
    writeFileSync(path, 'cut off');
    expect(claimFile(path)).toBeUndefined();
  });
});
