import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessSpec } from './process-spec.ts';

/** How often a process that does not serve is asked again, in milliseconds: at first, and when it has not served for long. */
const UNREADY_INTERVAL_MS = 50;
const LONG_UNREADY_INTERVAL_MS = 1_000;
/** The interval grows after this time: what takes longer waits for something that takes minutes, a build for instance. */
const SOON_MS = 10_000;
/** How often one that serves is asked whether it still does, in milliseconds. */
const READY_INTERVAL_MS = 5_000;
/** A process whose `isAlive` fails this long is taken for hung, in milliseconds. */
export const HUNG_AFTER_MS = 60_000;

/** What a watch looks at and whom it tells. */
export interface HealthWatch {
  readonly spec: ProcessSpec;
  /** Aborted when the process has ended. */
  readonly signal: AbortSignal;
  readonly onReady: () => void;
  readonly onUnready: (problem: string) => void;
  readonly onHung: () => void;
}

/** Asks one run of a process for its health until it ends. */
export async function watchHealth(watch: HealthWatch): Promise<void> {
  const { spec, signal } = watch;
  let aliveAt = performance.now();
  let servedAt = aliveAt;
  while (!signal.aborted) {
    const problem = await problemOf(spec.check);
    if (signal.aborted) return;
    if (problem === undefined) {
      servedAt = performance.now();
      watch.onReady();
    } else {
      watch.onUnready(problem);
    }
    if (problem === undefined || spec.isAlive === undefined || (await problemOf(spec.isAlive)) === undefined) {
      aliveAt = performance.now();
    } else if (performance.now() - aliveAt > HUNG_AFTER_MS && !signal.aborted) {
      watch.onHung();
      return;
    }
    await sleep(problem === undefined ? READY_INTERVAL_MS : unreadyIntervalMs(performance.now() - servedAt), undefined, { signal }).catch(() => undefined);
  }
}

/** How long to wait before a process is asked again that has not served for so many milliseconds. */
export function unreadyIntervalMs(unreadyMs: number): number {
  return Math.min(LONG_UNREADY_INTERVAL_MS, UNREADY_INTERVAL_MS + Math.max(0, unreadyMs - SOON_MS) / 10);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

async function problemOf(check: () => Promise<void>): Promise<string | undefined> {
  return check().then(() => undefined, messageOf);
}
