import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api';
import type { DrivenRun } from './driver';
import { cronRun } from './mix';
import type { MomentRecord, Records, ThreadRunRecord } from './records';

/** A cron of a chaos test. */
export interface ChaosCron {
  readonly cronId: string;
  readonly first: Date;
}

/** What crons left when they were switched off. */
export interface CronFindings {
  /** With the last moment that must have had its run. */
  readonly crons: readonly (ChaosCron & { readonly last: Date })[];
  readonly moments: readonly MomentRecord[];
  readonly runs: readonly ThreadRunRecord[];
}

const COUNT = 2;
const EVERY_SECONDS = 10;
const LOOK_EVERY_MS = 1_000;
const ENDED = new Set(['success', 'error', 'timeout', 'interrupted', 'cancelled']);

/** Makes the crons; the stack is still left alone, so each has its schedule at once. */
export function startCrons(api: Api, name: string): Promise<ChaosCron[]> {
  const schedule = `*/${EVERY_SECONDS} * * * * * *`;
  return Promise.all(Array.from({ length: COUNT }, (_, i) => api.cron(cronRun(), schedule, `${name}-cron-${i}`)));
}

/**
 * Lets each cron have one more moment, behind which those that were missed have been caught up with, switches them off, and waits for their runs.
 * @param limitMs longest for each of the two waits; what is not there then is missing
 */
export async function endCrons(api: Api, records: Records, crons: readonly ChaosCron[], limitMs: number, signal: AbortSignal): Promise<CronFindings> {
  const now = Date.now();
  const lastOf = ({ cronId, first }: ChaosCron, moments: readonly MomentRecord[]): Date =>
    new Date(Math.max(now, first.getTime(), ...moments.flatMap((moment) => (moment.cron_id === cronId ? [moment.scheduled_at.getTime()] : []))));
  await until(limitMs, signal, async () => {
    const moments = await records.moments();
    return crons.every(({ cronId }) => moments.some((moment) => moment.cron_id === cronId && moment.scheduled_at.getTime() > now));
  });
  const before = await records.moments();
  for (const { cronId } of crons) await api.switchOff(cronId);
  await until(limitMs, signal, async () => {
    const [moments, runs] = [await records.moments(), await records.allRuns()];
    return moments.every(({ outcome }) => outcome !== null) && runs.every(({ cron_id: cronId, status }) => cronId === null || ENDED.has(status));
  });
  const runs = (await records.allRuns()).filter(({ cron_id: cronId }) => cronId !== null);
  return { crons: crons.map((cron) => ({ ...cron, last: lastOf(cron, before) })), moments: await records.moments(), runs };
}

/** The runs of crons as if we had started them, so that they are judged as all others are. */
export function drivenByCrons({ runs }: CronFindings): { readonly over: DrivenRun[]; readonly lost: DrivenRun[] } {
  const driven = runs.map((run): DrivenRun => ({ plan: cronRun(), threadId: run.thread_id, runIds: [run.run_id], last: run }));
  return { over: driven.filter(({ last }) => ENDED.has(last.status)), lost: driven.filter(({ last }) => !ENDED.has(last.status)) };
}

/** Each moment of a schedule must have made one run: none is left out (the outages are shorter than what a schedule catches up with), none has two. */
export function cronFaults({ crons, moments, runs }: CronFindings): string[] {
  return crons.flatMap(({ cronId, first, last }) => {
    const faults: string[] = [];
    const made = Map.groupBy(runs.filter((run) => run.cron_id === cronId), (run) => run.cron_moment?.getTime());
    const noted = new Map(moments.filter((moment) => moment.cron_id === cronId).map((moment) => [moment.scheduled_at.getTime(), moment]));
    for (let at = first.getTime(); at <= last.getTime(); at += EVERY_SECONDS * 1_000) if (!noted.has(at)) faults.push(`lost moment: cron ${cronId} at ${new Date(at).toISOString()}`);
    for (const [at, { outcome, run_id: runId }] of noted) {
      const of = made.get(at) ?? [];
      if (outcome !== 'run' || of.length !== 1 || of[0]?.run_id !== runId) faults.push(`moment without its one run: cron ${cronId} at ${new Date(at).toISOString()}: ${outcome}, ${of.length} runs`);
    }
    for (const at of made.keys()) if (at === undefined || !noted.has(at)) faults.push(`run of no moment: cron ${cronId}`);
    return faults;
  });
}

/** How late the runs of moments were made, milliseconds. */
export function cronDelays({ runs }: CronFindings): number[] {
  return runs.flatMap(({ cron_moment: moment, created_at: made }) => (moment === null ? [] : [made.getTime() - moment.getTime()]));
}

async function until(limitMs: number, signal: AbortSignal, look: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + limitMs;
  while (!(await look()) && performance.now() < giveUpAt) await sleep(LOOK_EVERY_MS, undefined, { signal });
}
