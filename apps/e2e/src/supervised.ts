import type { StackProcess } from '@holdfast/testing';
import { readProcesses } from './config';
import { waitUntil } from './wait-until';

/** Longest that a killed process may take until it serves again, ms. */
const BACK_WITHIN_MS = 45_000;

/** A process of the stack as its supervisor sees it now. @throws when there is none of the name */
export function processOf(name: string): StackProcess {
  const found = readProcesses().find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`the stack has no process ${name}`);
  return found;
}

/** Ends a process of the stack the hard way (`kill -9`). Gives its pid. */
export function killHard(name: string): number {
  const { pid } = processOf(name);
  if (pid === 0) throw new Error(`${name} is down already`);
  process.kill(pid, 'SIGKILL');
  return pid;
}

/** Waits until the supervisor has started it again and it serves. */
export async function untilBack(name: string, killedPid: number): Promise<StackProcess> {
  return waitUntil(`${name} serves again`, () => {
    const entry = processOf(name);
    return entry.pid !== killedPid && entry.state === 'ready' && entry;
  }, { timeoutMs: BACK_WITHIN_MS, everyMs: 50 });
}

/** Waits until every process of the stack serves. */
export async function untilAllReady(): Promise<void> {
  await waitUntil('every process serves', () => readProcesses().every((entry) => entry.state === 'ready'), { timeoutMs: BACK_WITHIN_MS });
}

/** How often each process was started again so far. */
export function restarts(): Record<string, number> {
  return Object.fromEntries(readProcesses().map((entry) => [entry.name, entry.restarts]));
}
