import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Api, Question } from './api';
import type { PlannedRun } from './mix';
import { isUnknownOutcome, kindOf, type Person } from './person';
import type { Records, RunRecord } from './records';

/** A planned run as it went: the runs that carried it, and how the last of them ended. */
export interface DrivenRun {
  readonly plan: PlannedRun;
  readonly threadId: string;
  /** In order: the first, and one for each time that it went on after a stop. */
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
  /** Something is being done about its newest run, whose row says nothing new meanwhile. */
  settling: boolean;
  /** Its newest run is over; the run that goes on is made by Holdfast, not by us. */
  goesOn: boolean;
}

/** Requests that make runs at the same time. */
const STARTERS = 16;
const LOOK_EVERY_MS = 1_000;
const WAITED_FOR = new Set(['pending', 'running']);

/** Starts every planned run, answers what runs ask, and returns when nothing is under way. Finds out by the rows alone: streams break when processes die. */
export async function drive(options: DriverOptions): Promise<{ readonly over: readonly DrivenRun[]; readonly lost: readonly Omit<Open, 'settling' | 'goesOn'>[] }> {
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
      const key = `${name}-${run.index}`;
      if (run.early === true) await api.post(keyOf(run));
      const { runId, threadId } = await api.start(run, key).finally(() => (starting -= 1));
      open.set(runId, { plan: run, threadId, runIds: [runId], settling: false, goesOn: false });
    }
  };

  const follow = (entry: Open, runId: string): void => {
    open.delete(entry.runIds.at(-1)!);
    open.set(runId, { ...entry, runIds: [...entry.runIds, runId], settling: false, goesOn: false });
  };

  const settle = async (entry: Open, row: RunRecord): Promise<void> => {
    const { plan, threadId } = entry;
    const leave = (): void => {
      open.delete(row.run_id);
      over.push({ plan, threadId, runIds: entry.runIds, last: row });
    };
    if (row.status !== 'interrupted') return leave();
    entry.settling = true;
    const key = `${name}-${plan.index}-${entry.runIds.length}`;
    const { questions } = await api.thread(threadId);
    // It may ask before it comes to what it is left at.
    if (plan.leftWaiting && !questions.some(isUnknownOutcome)) return leave();
    if (await letGoOn(api, plan, row, questions, key)) {
      entry.goesOn = true;
      entry.settling = false;
      return;
    }
    follow(entry, (await api.resume(threadId, plan.graphId, key, await person.answer(questions))).runId);
  };

  const look = async (): Promise<void> => {
    const waiting = [...open.values()].filter(({ settling }) => !settling);
    const newestOf = (entries: readonly Open[]): string[] => entries.map(({ runIds }) => runIds.at(-1)!);
    for (const row of await records.runs(newestOf(waiting.filter(({ goesOn }) => !goesOn)))) {
      const entry = open.get(row.run_id);
      if (entry === undefined || entry.settling || entry.goesOn || WAITED_FOR.has(row.status)) continue;
      settle(entry, row).catch(failed);
    }
    for (const [runId, next] of await records.goneOn(newestOf(waiting.filter(({ goesOn }) => goesOn)))) {
      const entry = open.get(runId);
      if (entry !== undefined) follow(entry, next);
    }
  };

  const watch = async (): Promise<void> => {
    while ((next < plan.length || starting > 0 || open.size > 0) && !signal.aborted && failure === undefined) {
      await sleep(LOOK_EVERY_MS);
      await look();
      onProgress({ started: next - starting, over: over.length, underWay: open.size });
    }
  };

  await Promise.all([watch(), ...Array.from({ length: Math.min(STARTERS, plan.length) }, () => starter().catch(failed))]);
  if (failure !== undefined) throw failure;
  return { over, lost: [...open.values()] };
}

/** What a run of the graph `effects` waits for an event by. */
function keyOf({ input }: PlannedRun): string {
  return z.string().parse(input['key']);
}

/** Does what lets Holdfast make the run that goes on. False when the run does not stop for that: people answer it. */
async function letGoOn(api: Api, plan: PlannedRun, { run_id: runId }: RunRecord, questions: readonly Question[], key: string): Promise<boolean> {
  const kinds = questions.map(kindOf);
  if (plan.stop === 'approval' && plan.decision !== undefined && kinds.includes('approval')) {
    await api.decide(runId, plan.decision, key);
    return true;
  }
  if (!kinds.includes('wait')) return false;
  if (plan.stop === 'event' && plan.early !== true) await api.post(keyOf(plan));
  return true;
}
