import { readFileSync } from 'node:fs';

/** Memory of a process that is resident, MiB (proc(5), VmRSS). @throws Error when it does not run */
export function residentMiB(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kib === undefined) throw new Error(`process ${pid} has no resident memory`);
  return Number(kib) / 1024;
}
