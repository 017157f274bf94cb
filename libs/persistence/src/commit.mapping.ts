import type { RunEventDraft } from '@holdfast/contracts/events';
import { runStatusOf, type RunError } from '@holdfast/contracts/runs';
import { questionsOf } from './approval-questions';
import type { CheckpointDraft, RunEnd } from './journal.types';
import { waitsOf } from './wait-questions';

const UNKNOWN_ERROR: RunError = { code: 'INTERNAL', message: 'the run failed without naming an error', kind: 'defect' };

/** The last row of a run's journal. */
export function terminalEvent(end: RunEnd): RunEventDraft {
  switch (end.status) {
    case 'success':
      return { type: 'run.completed.v1', data: { steps: end.steps } };
    case 'interrupted':
      return { type: 'run.interrupted.v1', data: { interrupts: copyOf(end.interrupts ?? {}) } };
    case 'cancelled':
      return { type: 'run.cancelled.v1', data: { reason: end.reason ?? 'cancelled', ...(end.compensated === true ? { compensated: true } : {}) } };
    case 'error':
    case 'timeout':
      return { type: 'run.failed.v1', data: { error: errorOf(end) } };
  }
}

/** What executions.commit_progress needs of an end. A null thread status is derived from the newest checkpoint. @param tasks those of that checkpoint */
export function endOf(end: RunEnd, tasks: readonly unknown[] = []): Record<string, unknown> {
  const failed = end.status === 'error' || end.status === 'timeout';
  return {
    run_status: runStatusOf(end.status),
    thread_status: failed ? 'error' : end.status === 'cancelled' ? null : end.status === 'success' ? 'idle' : 'interrupted',
    error: failed ? errorOf(end) : null,
    interrupts: end.status === 'success' ? {} : end.status === 'interrupted' ? (end.interrupts ?? {}) : null,
    approvals: end.status === 'interrupted' ? questionsOf(end.interrupts ?? {}, tasks) : [],
    waits: end.status === 'interrupted' ? waitsOf(end.interrupts ?? {}, tasks) : [],
    rollback: end.rollback === true,
  };
}

/** A checkpoint without its two large texts, which travel as parameters of their own. */
export function draftOf(checkpoint: CheckpointDraft): Omit<CheckpointDraft, 'values' | 'saved'> {
  const { checkpointId, parentCheckpointId, step, source, next, tasks, metadata } = checkpoint;
  return { checkpointId, parentCheckpointId, step, source, next, tasks, metadata };
}

function errorOf(end: RunEnd): RunError {
  return end.error ?? UNKNOWN_ERROR;
}

function copyOf<T>(byTask: Readonly<Record<string, readonly T[]>>): Record<string, T[]> {
  return Object.fromEntries(Object.entries(byTask).map(([task, list]) => [task, [...list]]));
}
