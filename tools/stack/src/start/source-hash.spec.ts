import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hashSources } from './source-hash.ts';

describe('hashSources', () => {
  let checkout: string;
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    writeFileSync(join(checkout, path), text);
  };

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'holdfast-hash-'));
    write('apps/a/src/main.ts', 'one');
    write('package-lock.json', '{}');
  });
  afterEach(() => rmSync(checkout, { recursive: true, force: true }));

  it('changes with the content, the name and the number of sources', () => {
    const hashes = [hashSources(checkout)];
    write('apps/a/src/main.ts', 'two');
    hashes.push(hashSources(checkout));
    write('libs/b/src/index.ts', '');
    hashes.push(hashSources(checkout));
    rmSync(join(checkout, 'libs/b/src/index.ts'));
    write('libs/b/src/other.ts', '');
    hashes.push(hashSources(checkout));
    write('package-lock.json', '{"changed":true}');
    hashes.push(hashSources(checkout));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('does not change with times, tests, results of the build or documents', () => {
    const before = hashSources(checkout);
    utimesSync(join(checkout, 'apps/a/src/main.ts'), new Date(0), new Date(0));
    write('apps/a/src/main.spec.ts', 'test');
    write('apps/a/dist/main.mjs', 'built');
    write('apps/a/coverage/unit.json', '{}');
    write('apps/a/README.md', 'text');
    expect(hashSources(checkout)).toBe(before);
  });
});
