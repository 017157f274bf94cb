import type { DrivenRun } from './driver';
import type { PlannedRun } from './mix';
import type { ThreadRunRecord, WaitRecord } from './records';

/** What was found about runs that stop for time, events and people. */
export interface StopFindings {
  readonly over: readonly DrivenRun[];
  readonly waits: readonly WaitRecord[];
  /** Every run of the tenant. */
  readonly runs: readonly ThreadRunRecord[];
  /** Values of each thread, by thread. */
  readonly results: ReadonlyMap<string, unknown>;
  /** Threads that wait for people and show their question. */
  readonly asking: ReadonlySet<string>;
}

/** What notes of the graph `effects` begin with that are no answers of tools. */
const NOTES = ['a person said ', 'the wait ended: ', 'people decided: '];
const NOTED_DECISION = { approve: 'approved', edit: 'edited', reject: 'rejected' } as const;
const KIND = { nothing: undefined, person: undefined, time: 'wait', event: 'wait', approval: 'approval' } as const;
const OUTCOME = { nothing: null, person: null, time: 'elapsed', event: 'event', approval: 'decision' } as const;

/** Whether a line of a run's receipts is a note and no answer of a tool. */
export function isNote(receipt: string): boolean {
  return NOTES.some((note) => receipt.startsWith(note));
}

/** Each stop ended as it was planned to, by itself or by its one decision, not before its time, and made one run that went on. */
export function stopFaults({ over, waits, runs, results, asking }: StopFindings): string[] {
  const byThread = Map.groupBy(waits, ({ thread_id: threadId }) => threadId);
  const runsOf = Map.groupBy(runs, ({ thread_id: threadId }) => threadId);
  return over.flatMap((run) => {
    const { plan, threadId, runIds } = run;
    const found = byThread.get(threadId) ?? [];
    const extra = (runsOf.get(threadId) ?? []).filter(({ run_id: runId }) => !runIds.includes(runId));
    return [
      ...(extra.length === 0 ? [] : [`run that nobody asked for: ${extra.map(({ run_id: id }) => id).join(' ')} of thread ${threadId}`]),
      ...(plan.leftWaiting ? waitingFaults(plan, threadId, found, asking) : goneOnFaults(run, found, results)),
    ];
  });
}

/** A run that is found waiting shows what it waits for. */
function waitingFaults({ stop }: PlannedRun, threadId: string, found: readonly WaitRecord[], asking: ReadonlySet<string>): string[] {
  const isAsked = stop !== 'approval' || (found.length === 1 && found[0]?.status === 'pending');
  return asking.has(threadId) && isAsked ? [] : [`not provably waiting: thread ${threadId} shows no question to people`];
}

function goneOnFaults({ plan, threadId, runIds, last }: DrivenRun, found: readonly WaitRecord[], results: ReadonlyMap<string, unknown>): string[] {
  if (plan.graphId !== 'effects' || last.status !== 'success') return [];
  const { receipts = [] } = (results.get(threadId) ?? {}) as { readonly receipts?: readonly string[] };
  const notes = receipts.filter(isNote);
  const wanted = noteOf(plan);
  const faults = JSON.stringify(notes) === JSON.stringify(wanted) ? [] : [`stopped otherwise than planned: ${plan.stop} of thread ${threadId} noted ${JSON.stringify(notes)}`];
  const kind = KIND[plan.stop];
  if (kind === undefined) return found.length === 0 ? faults : [...faults, `waits that nobody planned: thread ${threadId}`];
  const [wait, ...others] = found;
  const isFine = wait?.kind === kind && others.length === 0 && wait.outcome === OUTCOME[plan.stop] && wait.resume_run_id !== null && runIds.includes(wait.resume_run_id);
  if (!isFine) faults.push(`not one end of a wait: ${plan.stop} of thread ${threadId}: ${JSON.stringify(found)}`);
  if (plan.stop === 'time' && wait !== undefined && (wait.ended_at ?? 0) < (wait.wake_at ?? 0)) faults.push(`woken before its time: thread ${threadId}`);
  return faults;
}

function noteOf({ stop, decision }: PlannedRun): string[] {
  switch (stop) {
    case 'nothing':
      return [];
    case 'person':
      return ['a person said go on'];
    case 'approval':
      return [`people decided: ${NOTED_DECISION[decision ?? 'approve']}`];
    case 'time':
    case 'event':
      return [`the wait ended: ${OUTCOME[stop]}`];
  }
}

/** How late waits for time were woken, milliseconds. */
export function wakeDelays(waits: readonly WaitRecord[]): number[] {
  return waits.flatMap(({ outcome, wake_at: due, ended_at: ended }) => (outcome === 'elapsed' && due !== null && ended !== null ? [ended.getTime() - due.getTime()] : []));
}
