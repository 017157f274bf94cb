import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// the bootstrap runs before anything is installed and is plain JavaScript for that reason
import { isInstalled, withInstallLock } from '../../bin/bootstrap.mjs';

describe('isInstalled', () => {
  let checkout: string;
  const write = (path: string, packages: unknown): void => {
    mkdirSync(join(checkout, 'node_modules'), { recursive: true });
    writeFileSync(join(checkout, path), JSON.stringify({ packages }));
  };
  const lock = (version: string): Record<string, unknown> => ({
    '': { name: 'holdfast' },
    'libs/a': { name: '@holdfast/a' },
    'node_modules/@holdfast/a': { resolved: 'libs/a', link: true },
    'node_modules/x': { version, resolved: `x-${version}.tgz` },
    'node_modules/other-platform': { version: '1.0.0', optional: true },
  });

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'holdfast-lock-'));
  });
  afterEach(() => rmSync(checkout, { recursive: true, force: true }));

  it('is false for a fresh clone', () => {
    writeFileSync(join(checkout, 'package-lock.json'), JSON.stringify({ packages: lock('1.0.0') }));
    expect(isInstalled(checkout)).toBe(false);
  });

  it('is true when every package is there in its version, other platforms aside', () => {
    write('package-lock.json', lock('1.0.0'));
    const { 'node_modules/other-platform': _left, '': _root, 'libs/a': _folder, ...present } = lock('1.0.0');
    write('node_modules/.package-lock.json', present);
    expect(isInstalled(checkout)).toBe(true);
  });

  it('is false after the lock file went on', () => {
    write('package-lock.json', lock('2.0.0'));
    write('node_modules/.package-lock.json', lock('1.0.0'));
    expect(isInstalled(checkout)).toBe(false);
  });
});

describe('withInstallLock', () => {
  let checkout: string;
  const install = async (): Promise<boolean> => {
    let isDone = false;
    await withInstallLock(checkout, async () => void (isDone = true));
    return isDone;
  };

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'holdfast-install-'));
  });
  afterEach(() => rmSync(checkout, { recursive: true, force: true }));

  it.each([
    ['that is empty', ''],
    ['of a process whose pid another one has now', JSON.stringify({ pid: process.pid, started: 'earlier boot:1' })],
    ['of an earlier version, with a bare pid', String(process.pid)],
  ])('takes over a lock %s', async (_, content) => {
    mkdirSync(join(checkout, '.nx'));
    writeFileSync(join(checkout, '.nx/install.lock'), content);
    await expect(install()).resolves.toBe(true);
  });

  it('says what is wrong when the lock cannot be made, instead of waiting for nobody', async () => {
    writeFileSync(join(checkout, '.nx'), 'no folder');
    await expect(install()).rejects.toThrow(/lock .*install\.lock cannot be made \(.*(EEXIST|ENOTDIR)/);
  });

  it('hands errors of the installation on', async () => {
    await expect(withInstallLock(checkout, () => Promise.reject(new Error('npm ci failed')))).rejects.toThrow(/^npm ci failed$/);
  });
});
