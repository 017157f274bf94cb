import { linkSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, parseIdentity, type ProcessIdentity } from '../supervise/process-identity.ts';
import { readJson } from './files.ts';

/** What the lock needs to know of its surroundings. */
export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once when another process holds the lock. */
  readonly onWait?: (holderPid: number) => void;
}

/**
 * Runs `work` while holding a lock file, across processes. The lock of a process that has died is taken over.
 * Used for the shared cache and for the build of a checkout.
 */
export async function withFileLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  let isTold = false;
  for (;;) {
    const holder = claimFile(path);
    if (holder === undefined) break;
    options.signal?.throwIfAborted();
    if (!isTold) options.onWait?.(holder.pid);
    isTold = true;
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

/** Makes a file that names this process; when a living process stands in it already, that one is returned. */
export function claimFile(path: string): ProcessIdentity | undefined {
  mkdirSync(dirname(path), { recursive: true });
  // written first and linked then: nobody ever sees a claim without a name in it
  const own = `${path}.${process.pid}.tmp`;
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    for (;;) {
      if (tryLink(own, path)) return undefined;
      const holder = parseIdentity(readJson(path));
      if (holder !== undefined && isRunning(holder)) return holder;
      removeStale(path);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Takes a dead process's file away. Moved first and looked at then: between our look and our removal another process
 * may have put its own claim there, which must come back.
 */
function removeStale(path: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const moved = parseIdentity(readJson(aside));
  if (moved !== undefined && isRunning(moved)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}
