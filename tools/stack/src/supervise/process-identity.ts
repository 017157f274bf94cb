import { readFileSync } from 'node:fs';

/** Names one process for ever: a pid alone is reused by the kernel. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot id and start time in clock ticks since boot, as in `/proc/<pid>/stat` field 22. */
  readonly started: string;
}

/** The identity of a running process; undefined when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    if (fields === undefined || fields.state === 'Z' || fields.state === 'X') return undefined;
    return { pid, started: `${bootId()}:${fields.startTime}` };
  } catch {
    return undefined;
  }
}

/** True while exactly this process runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.started === identity.started;
}

/** Parses `/proc/<pid>/stat`; the command name in parentheses may hold spaces and parentheses itself. */
export function statFields(stat: string): { state: string; startTime: string; processGroup: number } | undefined {
  const rest = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, , processGroup] = rest;
  const startTime = rest[19];
  if (state === undefined || processGroup === undefined || startTime === undefined) return undefined;
  return { state, startTime, processGroup: Number(processGroup) };
}

/** Parses a stored identity; undefined when it is none. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, started } = value as Record<string, unknown>;
  return typeof pid === 'number' && pid > 1 && typeof started === 'string' ? { pid, started } : undefined;
}

let knownBootId: string | undefined;

function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return knownBootId;
}
