import { existsSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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
  for (const pid of await remaining(folder, program, graceMs)) kill(pid);
  const stuck = await remaining(folder, program, GRACE_MS);
  if (stuck.length > 0) throw new Error(`processes of a dead PostgreSQL do not end: ${stuck.join(', ')}`);
  rmSync(join(data, 'postmaster.pid'), { force: true });
}

async function remaining(folder: string, program: string, timeoutMs: number): Promise<number[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const pids = orphansIn(folder, program);
    if (pids.length === 0 || performance.now() > deadline) return pids;
    await sleep(50);
  }
}

function orphansIn(folder: string, program: string): number[] {
  return readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return [];
    try {
      // an upgrade may have replaced the file that still runs
      const exe = readlinkSync(`/proc/${entry}/exe`).replace(/ \(deleted\)$/, '');
      return exe === program && readlinkSync(`/proc/${entry}/cwd`) === folder ? [Number(entry)] : [];
    } catch {
      return [];
    }
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
