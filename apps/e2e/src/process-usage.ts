import { readFileSync } from 'node:fs';

/** What a process has used since it began, and holds now. */
export interface Usage {
  readonly cpuMs: number;
  readonly residentMiB: number;
}

/** Ticks of `/proc` a second: 100 on every Linux that Node runs on. */
const TICK_MS = 10;
const PAGE_MIB = 4_096 / 2 ** 20;

/** Of a process by its id; Linux only. @throws Error when it has gone */
export function usageOf(pid: number): Usage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // the name, in parentheses, may hold spaces
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
  return { cpuMs: ((fields[11] ?? 0) + (fields[12] ?? 0)) * TICK_MS, residentMiB: Math.round((fields[21] ?? 0) * PAGE_MIB) };
}
