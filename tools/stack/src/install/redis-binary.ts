import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withFileLock } from '../../bin/file-lock.mjs';
import { CommandError, runCommand } from '../kit/run-command.ts';
import { InstallError, QUIET_LOOKUP_MS, type InstallContext } from './installer.ts';
import { findNewEnough, findOnPath } from './on-path.ts';

/** A redis-server and the folders of the libraries it needs beside the system's. */
export interface RedisBinary {
  readonly server: string;
  /** For LD_LIBRARY_PATH; empty when the system's libraries are enough. */
  readonly libraries: string;
}

const MINIMUM = [7];

/** A redis-server ≥ 7: PATH, cache, Debian packages unpacked into the cache (needs no root, starts no service). */
export async function ensureRedis(context: InstallContext): Promise<RedisBinary> {
  const { settings, signal } = context;
  const onPath = await context.step(
    'Looking for Redis',
    () => findNewEnough('redis-server', MINIMUM, settings.env['PATH'], signal),
    QUIET_LOOKUP_MS,
  );
  if (onPath !== undefined) return { server: onPath, libraries: '' };
  const folder = join(settings.cache, `redis-debian-${process.arch}`);
  if (existsSync(folder)) return unpacked(folder);
  if (findOnPath('apt-get', settings.env['PATH']) === undefined || findOnPath('dpkg-deb', settings.env['PATH']) === undefined) {
    throw new InstallError(
      'There is no redis-server ≥ 7 on the PATH and this is no Debian-like system to unpack one from.\n' +
        '  Install Redis 7 with the package manager of your system (for example: dnf install redis), or set HOLDFAST_REDIS_URL.',
    );
  }
  return context.step('Installing Redis from Debian packages into the cache', (task) =>
    withFileLock(`${folder}.lock`, { signal }, async () => {
      if (!existsSync(folder)) await unpackPackages(context, folder, (text) => task.detail(text));
      return unpacked(folder);
    }),
  );
}

async function unpackPackages(context: InstallContext, folder: string, tell: (text: string) => void): Promise<void> {
  const { settings, signal } = context;
  const temporary = `${folder}.tmp`;
  rmSync(temporary, { recursive: true, force: true });
  const packages = join(temporary, 'packages');
  mkdirSync(packages, { recursive: true });
  const logFile = join(settings.cache, 'logs', 'redis.log');
  const run = (command: string, args: readonly string[]): Promise<string> =>
    runCommand(command, args, { cwd: packages, env: { ...settings.env, LC_ALL: 'C' }, signal, logFile, timeoutMs: 5 * 60_000 });
  try {
    await downloadPackages({ packages, state: join(temporary, 'apt') }, run, tell);
    tell('unpacking');
    for (const file of readdirSync(packages).filter((name) => name.endsWith('.deb'))) {
      await run('dpkg-deb', ['-x', file, temporary]);
    }
    const { server, libraries } = unpacked(temporary);
    await runCommand(server, ['--version'], { signal, env: { ...settings.env, LD_LIBRARY_PATH: libraries } });
    rmSync(packages, { recursive: true, force: true });
    rmSync(join(temporary, 'apt'), { recursive: true, force: true });
    renameSync(temporary, folder);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    throw new InstallError(
      `Redis could not be fetched from the Debian packages: ${error.message}\n    ${error.output.trimEnd().split('\n').slice(-6).join('\n    ')}\n` +
        '  Provide it with: sudo apt-get install --no-install-recommends redis-server (or set HOLDFAST_REDIS_URL).',
    );
  }
}

type Run = (command: string, args: readonly string[]) => Promise<string>;

/**
 * Downloads the packages into the folder `packages`, where `run` works. Package lists are refreshed when they know no redis-server, and once
 * when the download fails: old lists name files that the mirrors have replaced.
 */
async function downloadPackages(folders: { packages: string; state: string }, run: Run, tell: (text: string) => void): Promise<void> {
  const download = async (apt: readonly string[]): Promise<void> => {
    tell('downloading packages');
    await run('apt-get', [...apt, 'download', 'redis-server', 'redis-tools', ...(await librariesOf(apt, run))]);
  };
  if (await hasCandidate(run)) {
    try {
      return await download([]);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      // what did come is of the old version
      for (const file of readdirSync(folders.packages)) rmSync(join(folders.packages, file));
    }
  }
  tell('refreshing package lists');
  await download(await refreshLists(folders.state, run));
}

/** Refreshes the package lists; returns the options for apt-get and apt-cache that use them. */
async function refreshLists(state: string, run: Run): Promise<string[]> {
  if (process.getuid?.() === 0) {
    await run('apt-get', ['update']);
    return [];
  }
  // without root: the system's sources, but lists and archives of our own
  const own = [`Dir::State::lists=${join(state, 'lists')}`, `Dir::Cache=${join(state, 'cache')}`, 'APT::Sandbox::User='];
  for (const folder of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(state, folder), { recursive: true });
  const options = own.flatMap((option) => ['-o', option]);
  await run('apt-get', [...options, 'update']);
  return options;
}

async function hasCandidate(run: Run): Promise<boolean> {
  const text = await run('apt-cache', ['policy', 'redis-server']).catch(() => '');
  return /Candidate: (?!\(none\))/.test(text);
}

/** The library packages redis depends on, without the C library: the system's own must be used. */
async function librariesOf(apt: readonly string[], run: Run): Promise<string[]> {
  const text = await run('apt-cache', [...apt, 'depends', '--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks', '--no-replaces', '--no-enhances', 'redis-server', 'redis-tools']);
  return librariesFromDepends(text);
}

/** Picks the libraries out of `apt-cache depends`: names beginning with `lib` or `lua-`; alternatives (`|`) only once. */
export function librariesFromDepends(text: string): string[] {
  const names = new Set<string>();
  let isAlternative = false;
  for (const line of text.split('\n')) {
    const match = /^\s*(\|)?Depends: ([a-z0-9.+-]+)/.exec(line);
    if (match === null) continue;
    const [, bar, name] = match;
    if (!isAlternative && name !== undefined && /^(lib|lua-)/.test(name) && !/^(libc6|libsystemd0|libelogind0)$/.test(name)) {
      names.add(name);
    }
    isAlternative = bar === '|';
  }
  return [...names];
}

function unpacked(folder: string): RedisBinary {
  const libraries = ['usr/lib', 'lib'].flatMap((base) => {
    const path = join(folder, base);
    if (!existsSync(path)) return [];
    const nested = readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.endsWith('-linux-gnu'))
      .map((entry) => join(path, entry.name));
    return [...nested, path];
  });
  return { server: join(folder, 'usr/bin/redis-server'), libraries: libraries.join(':') };
}
