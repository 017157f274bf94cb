import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, parseIdentity } from '../supervise/process-identity.ts';
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
  mkdirSync(dirname(path), { recursive: true });
  let isTold = false;
  while (!tryLock(path)) {
    options.signal?.throwIfAborted();
    const holder = parseIdentity(readJson(path));
    if (holder !== undefined && !isTold) {
      options.onWait?.(holder.pid);
      isTold = true;
    }
    await sleep(100);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function tryLock(path: string): boolean {
  const content = JSON.stringify(identify(process.pid));
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch {
    const holder = parseIdentity(readJson(path));
    // An unreadable lock is being written right now; a lock without a living holder is stale.
    if (holder !== undefined && !isRunning(holder)) rmSync(path, { force: true });
    return false;
  }
}
