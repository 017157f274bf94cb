import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api';
import type { PlannedRun } from './mix';
import type { Person } from './person';
import type { Records, RunRecord } from './records';

/** A planned run as it went: the runs that carried it, and how the last of them ended. */
export interface DrivenRun {
  readonly plan: PlannedRun;
  readonly threadId: string;
  /** In order: the first, and one for each time that people answered. */
  readonly runIds: readonly string[];
  readonly last: RunRecord;
}

/** Options of {@link drive}. */
export interface DriverOptions {
  readonly api: Api;
  readonly records: Records;
  readonly person: Person;
  readonly plan: readonly PlannedRun[];
  /** Most runs under way at once. */
  readonly atOnce: number;
  /** Unique for the test; part of every idempotency key. */
  readonly name: string;
  /** Ends the driving: what is open then is left as it is. */
  readonly signal: AbortSignal;
  onProgress(progress: { readonly started: number; readonly over: number; readonly underWay: number }): void;
}

interface Open {
  readonly plan: PlannedRun;
  readonly threadId: string;
  readonly runIds: string[];
  /** People are answering: its row says nothing new meanwhile. */
  answering: boolean;
}

/** Requests that make runs at the same time. */
const STARTERS = 16;
const LOOK_EVERY_MS = 1_000;
const WAITED_FOR = new Set(['pending', 'running']);

/** Starts every planned run, answers what runs ask, and returns when nothing is under way. Finds out by the rows alone: streams break when processes die. */
export async function drive(options: DriverOptions): Promise<{ readonly over: readonly DrivenRun[]; readonly lost: readonly Omit<Open, 'answering'>[] }> {
  const { api, records, person, plan, atOnce, name, signal, onProgress } = options;
  const open = new Map<string, Open>();
  const over: DrivenRun[] = [];
  let next = 0;
  let starting = 0;
  let failure: Error | undefined;
  const failed = (error: unknown): void => void (failure ??= error instanceof Error ? error : new Error(String(error)));

  const starter = async (): Promise<void> => {
    while (next < plan.length && !signal.aborted && failure === undefined) {
      if (open.size + starting >= atOnce) {
        await sleep(50);
        continue;
      }
      const run = plan[next++]!;
      starting += 1;
      const { runId, threadId } = await api.start(run, `${name}-${run.index}`).finally(() => (starting -= 1));
      open.set(runId, { plan: run, threadId, runIds: [runId], answering: false });
    }
  };

  const settle = async (entry: Open, row: RunRecord): Promise<void> => {
    if (row.status === 'interrupted' && !entry.plan.leftWaiting) {
      entry.answering = true;
      const { questions } = await api.thread(entry.threadId);
      const answers = await person.answer(questions);
      const resumed = await api.resume(entry.threadId, entry.plan.graphId, `${name}-${entry.plan.index}-${entry.runIds.length}`, answers);
      open.delete(row.run_id);
      open.set(resumed.runId, { ...entry, runIds: [...entry.runIds, resumed.runId], answering: false });
      return;
    }
    open.delete(row.run_id);
    over.push({ plan: entry.plan, threadId: entry.threadId, runIds: entry.runIds, last: row });
  };

  const watch = async (): Promise<void> => {
    while ((next < plan.length || starting > 0 || open.size > 0) && !signal.aborted && failure === undefined) {
      await sleep(LOOK_EVERY_MS);
      const rows = await records.runs([...open].flatMap(([runId, { answering }]) => (answering ? [] : [runId])));
      for (const row of rows) {
        const entry = open.get(row.run_id);
        if (entry === undefined || entry.answering || WAITED_FOR.has(row.status)) continue;
        settle(entry, row).catch(failed);
      }
      onProgress({ started: next - starting, over: over.length, underWay: open.size });
    }
  };

  await Promise.all([watch(), ...Array.from({ length: Math.min(STARTERS, plan.length) }, () => starter().catch(failed))]);
  if (failure !== undefined) throw failure;
  return { over, lost: [...open.values()] };
}
