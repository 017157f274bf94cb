import type { Frame, RunEventDraft } from '@holdfast/contracts/events';
import type { StateFrame, TaskStartFrame } from '../api';

/** Events of steps whose checkpoints are not stored: what the nodes did stays, and nothing names a checkpoint that is not there. */
export function withoutStates(events: readonly RunEventDraft[], refused: ReadonlySet<string>): RunEventDraft[] {
  return events.flatMap((event): RunEventDraft[] => {
    if (event.type !== 'run.step-completed.v1') return [event];
    const { checkpoint_id: id, parent_checkpoint_id: parent } = event.data;
    const isRefused = id !== null && refused.has(id);
    const frames = event.data.frames.filter((frame) => !namesOne(frame, refused));
    if (isRefused && frames.length === 0) return [];
    return [{ ...event, data: { ...event.data, checkpoint_id: isRefused ? null : id, parent_checkpoint_id: isRefused ? null : parent, frames } }];
  });
}

function namesOne({ data }: Frame, refused: ReadonlySet<string>): boolean {
  if (typeof data !== 'object' || data === null) return false;
  const { checkpoint_id: shown, input_from: from } = data as StateFrame & Partial<TaskStartFrame>;
  return (shown !== undefined && refused.has(shown)) || (from !== undefined && refused.has(from));
}
