import { EVENT_CATALOGUE, type JournalRow } from '@holdfast/contracts/events';
import { stateFrameSchema } from './state-frames';

/** How a run ended, as far as `wait` and `join` tell. */
export interface RunOutcome {
  /** The last state of the thread that the run made; null when it made none. */
  readonly checkpointId: string | null;
  /** Questions of the graph to a person, when the run stopped at some. */
  readonly interrupts: readonly unknown[] | null;
  readonly error: { readonly error: string; readonly message: string } | null;
}

/** Before the first row. */
export const NO_OUTCOME: RunOutcome = { checkpointId: null, interrupts: null, error: null };

/** The outcome after one more row. */
export function foldOutcome(outcome: RunOutcome, row: JournalRow): RunOutcome {
  switch (row.type) {
    case 'run.step-completed.v1': {
      const step = EVENT_CATALOGUE[row.type].parse(row.data);
      const ids = step.frames
        .filter((frame) => frame.mode === 'values' && frame.ns.length === 0)
        .map((frame) => stateFrameSchema.safeParse(frame.data).data?.checkpoint_id)
        .filter((id) => id !== undefined);
      return { ...outcome, checkpointId: ids.at(-1) ?? step.checkpoint_id ?? outcome.checkpointId };
    }
    case 'run.interrupted.v1':
      return { ...outcome, interrupts: Object.values(EVENT_CATALOGUE[row.type].parse(row.data).interrupts).flat() };
    case 'run.failed.v1': {
      const { error } = EVENT_CATALOGUE[row.type].parse(row.data);
      return { ...outcome, error: { error: error.code, message: error.message } };
    }
    default:
      return outcome;
  }
}
