import { existsSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isRunning, type ProcessIdentity } from '../../bin/process-identity.mjs';

/** How long backends get to notice that their postmaster is gone, and killed ones to end, in milliseconds. */
const GRACE_MS = 5_000;

/**
 * After a kill -9 of the postmaster its backends live on for a moment and hold the shared memory: a new postmaster would
 * refuse to start beside them. They are processes of our `binary` with the data folder as working directory; whoever else
 * stands there (somebody's shell) is no business of ours. Throws when one of them survives even SIGKILL.
 */
export async function clearOrphans(data: string, binary: string, graceMs = GRACE_MS): Promise<void> {
  const folder = existsSync(data) ? realpathSync(data) : data;
  const program = realpathSync(binary);
  const orphans = () => orphansIn(folder, program);
  const killed = await remaining(orphans, graceMs);
  for (const { pid } of killed) kill(pid);
  // a process that is ending has no program any more, long before it is gone: the killed ones are asked for by name
  const stuck = await remaining(() => [...killed.filter(isRunning), ...orphans()], GRACE_MS);
  if (stuck.length > 0) throw new Error(`processes of a dead PostgreSQL do not end: ${stuck.map(({ pid }) => pid).join(', ')}`);
  rmSync(join(data, 'postmaster.pid'), { force: true });
}

async function remaining(look: () => ProcessIdentity[], timeoutMs: number): Promise<ProcessIdentity[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const processes = look();
    if (processes.length === 0 || performance.now() > deadline) return processes;
    await sleep(50);
  }
}

function orphansIn(folder: string, program: string): ProcessIdentity[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      // an upgrade may have replaced the file that still runs
      const exe = readlinkSync(`/proc/${entry}/exe`).replace(/ \(deleted\)$/, '');
      if (exe !== program || readlinkSync(`/proc/${entry}/cwd`) !== folder) return [];
    } catch {
      return [];
    }
    return identify(Number(entry)) ?? [];
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    // it has ended by itself in between
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
