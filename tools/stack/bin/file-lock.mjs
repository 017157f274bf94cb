// Node built-ins only, and nothing newer than Node 20: the bootstrap uses it before anything is installed.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, parseIdentity } from './process-identity.mjs';

const RETRY_INTERVAL_MS = 100;

export async function withFileLock(path, options, work) {
  let isTold = false;
  for (;;) {
    const holder = claimFile(path);
    if (holder === undefined) break;
    options.signal?.throwIfAborted();
    if (!isTold) options.onWait?.(holder.pid);
    isTold = true;
    await sleep(RETRY_INTERVAL_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

export function claimFile(path) {
  mkdirSync(dirname(path), { recursive: true });
  // written first and linked then: nobody ever sees a claim without a name in it
  const own = `${path}.${process.pid}.tmp`;
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    for (;;) {
      if (tryLink(own, path)) return undefined;
      const holder = readHolder(path);
      if (holder !== undefined && isRunning(holder)) return holder;
      removeStale(path);
    }
  } finally {
    rmSync(own, { force: true });
  }
}

function tryLink(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Takes a dead process's file away. Moved first and looked at then: between our look and our removal another process
 * may have put its own claim there, which must come back.
 */
function removeStale(path) {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (error.code === 'ENOENT') return;
    throw error;
  }
  const moved = readHolder(aside);
  if (moved !== undefined && isRunning(moved)) renameSync(aside, path);
  else rmSync(aside, { force: true });
}

/** Undefined for a file that is gone, empty, cut off or of another shape: such a file names nobody to wait for. */
function readHolder(path) {
  try {
    return parseIdentity(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return undefined;
  }
}
