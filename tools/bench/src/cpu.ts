import { readFileSync, readdirSync } from 'node:fs';

/** Clock ticks per second of /proc/<pid>/stat: USER_HZ, 100 on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Own time and that of children that ended, milliseconds of user and system time. */
  readonly cpuMs: number;
}

/** Parses /proc/<pid>/stat; the command may hold spaces and parentheses (proc(5)). */
export function parseStat(text: string): ProcessStat {
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ').map(Number);
  const [, parent = 0] = fields;
  const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + (fields[i] ?? 0), 0);
  return { pid: Number.parseInt(text, 10), parent, cpuMs: (ticks * 1000) / TICKS_PER_SECOND };
}

/** CPU time of each process with all its descendants so far, milliseconds; PostgreSQL's backends count to PostgreSQL. */
export function cpuOf(roots: Readonly<Record<string, number>>): Record<string, number> {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [parseStat(readFileSync(`/proc/${name}/stat`, 'utf8'))];
      } catch {
        return []; // ended meanwhile
      }
    });
  const total = (pid: number): number =>
    stats.filter((stat) => stat.pid === pid).reduce((sum, stat) => sum + stat.cpuMs, 0) +
    stats.filter((stat) => stat.parent === pid).reduce((sum, child) => sum + total(child.pid), 0);
  return Object.fromEntries(Object.entries(roots).map(([name, pid]) => [name, total(pid)]));
}
