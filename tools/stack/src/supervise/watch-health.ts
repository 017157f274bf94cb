import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessSpec } from './process-spec.ts';

/** How often a process that does not serve is asked again, in milliseconds. */
const UNREADY_INTERVAL_MS = 50;
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
  while (!signal.aborted) {
    const problem = await problemOf(spec.check);
    if (signal.aborted) return;
    if (problem === undefined) watch.onReady();
    else watch.onUnready(problem);
    if (problem === undefined || spec.isAlive === undefined || (await problemOf(spec.isAlive)) === undefined) {
      aliveAt = performance.now();
    } else if (performance.now() - aliveAt > HUNG_AFTER_MS && !signal.aborted) {
      watch.onHung();
      return;
    }
    await sleep(problem === undefined ? READY_INTERVAL_MS : UNREADY_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

async function problemOf(check: () => Promise<void>): Promise<string | undefined> {
  return check().then(() => undefined, messageOf);
}
