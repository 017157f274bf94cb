import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// the bootstrap runs before anything is installed and is plain JavaScript for that reason
import { isInstalled } from '../../bin/bootstrap.mjs';

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
