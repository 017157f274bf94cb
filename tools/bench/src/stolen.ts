import { readFileSync } from 'node:fs';

/** Processor time of the machine since it started, in clock ticks. */
export interface MachineTime {
  readonly total: number;
  /** That other machines on the same host had while this one could have worked. */
  readonly stolen: number;
}

/** From /proc/stat; fields and their order: proc_stat(5). */
export function machineTime(text: string = readFileSync('/proc/stat', 'utf8')): MachineTime {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = (/^cpu +([\d ]+)$/m.exec(text)?.[1] ?? '').split(' ').map(Number);
  // time of guests is in that of users
  return { total: user + nice + system + idle + iowait + irq + softirq + steal, stolen: steal };
}

/** Share of the processor time between two moments that other machines had, 0 to 1: with it, times come out longer than they are. */
export function stolenBetween(before: MachineTime, after: MachineTime): number {
  const total = after.total - before.total;
  return total <= 0 ? 0 : (after.stolen - before.stolen) / total;
}
