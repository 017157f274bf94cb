import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings } from '../settings.ts';
import { ensureRedis, librariesFromDepends } from './redis-binary.ts';

describe('librariesFromDepends', () => {
  it('takes libraries, but neither the C library nor the init system', () => {
    const text = `redis-tools
  Depends: adduser
  Depends: libatomic1
  Depends: libc6
  Depends: libjemalloc2
  Depends: libssl3
  |Depends: libsystemd0
  Depends: libelogind0
redis-server
  PreDepends: init-system-helpers
  Depends: lua-cjson
  Depends: redis-tools
`;
    expect(librariesFromDepends(text)).toEqual(['libatomic1', 'libjemalloc2', 'libssl3', 'lua-cjson']);
  });
});

describe('ensureRedis with package lists of old', () => {
  let root: string;
  const command = (name: string, script: string): void => {
    const file = join(root, 'bin', name);
    writeFileSync(file, `#!/bin/sh\nPATH=/usr/bin:/bin\necho ${name} "$@" >> ${root}/calls\n${script}\n`);
    chmodSync(file, 0o755);
  };
  const install = (): ReturnType<typeof ensureRedis> =>
    ensureRedis({
      settings: readSettings(root, { HOLDFAST_CACHE: join(root, 'cache'), PATH: join(root, 'bin') }),
      signal: new AbortController().signal,
      step: (_, work) => work({ detail: () => undefined }),
    });
  const calls = (): string[] => readFileSync(join(root, 'calls'), 'utf8').split('\n').flatMap((line) => /\b(update|download)\b/.exec(line)?.[1] ?? []);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'holdfast-apt-'));
    mkdirSync(join(root, 'bin'));
    command('apt-cache', 'case "$*" in *policy*) echo "  Candidate: 5:7.0.15";; *) echo "  Depends: libx";; esac');
    command('dpkg-deb', 'mkdir -p "$3/usr/bin"; echo "#!/bin/sh" > "$3/usr/bin/redis-server"; chmod +x "$3/usr/bin/redis-server"');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('refreshes them once after a failed download and tries again', async () => {
    command('apt-get', `case "$*" in *update*) touch ${root}/fresh;; *) test -e ${root}/fresh || { echo "404 Not Found" >&2; exit 100; }; touch redis-server.deb;; esac`);
    expect((await install()).server).toBe(join(root, `cache/redis-debian-${process.arch}/usr/bin/redis-server`));
    expect(calls()).toEqual(['download', 'update', 'download']);
  });

  it('gives up when fresh lists do not help, with what apt said', async () => {
    command('apt-get', 'case "$*" in *update*) ;; *) echo "404 Not Found" >&2; exit 100;; esac');
    await expect(install()).rejects.toThrow(/404 Not Found[^]*apt-get install/);
    expect(calls()).toEqual(['download', 'update', 'download']);
  });
});
