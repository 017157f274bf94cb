import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, type ProcessIdentity } from '../../bin/process-identity.mjs';

/**
 * Ends one process of ours and whatever is left of its process group: `signal`, then SIGKILL after `timeoutMs`.
 * Does nothing when the pid now belongs to another process.
 */
export async function endProcess(identity: ProcessIdentity, signal: NodeJS.Signals, timeoutMs: number): Promise<void> {
  if (!isRunning(identity)) return;
  send(identity.pid, signal);
  if (!(await hasEnded(identity, timeoutMs))) {
    killGroup(identity.pid);
    send(identity.pid, 'SIGKILL');
    await hasEnded(identity, 5_000);
  }
  killGroup(identity.pid);
}

/**
 * Kills what a dead process left in its group (each process of ours leads one).
 * A group id stays reserved while members live, so this never reaches a stranger; an empty group is no error.
 */
export function killGroup(leaderPid: number): void {
  try {
    process.kill(-leaderPid, 'SIGKILL');
  } catch {
    // nobody left
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ended in between
  }
}

async function hasEnded(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isRunning(identity)) {
    if (performance.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
}
