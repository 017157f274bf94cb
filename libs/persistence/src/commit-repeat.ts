import type { EventData, Frame, RunEventDraft } from '@holdfast/contracts/events';
import canonicalize from 'canonicalize';
import { toJsonb } from './jsonb';

type Step = EventData<'run.step-completed.v1'>;
type StoredStep = Omit<Step, 'frames'> & Partial<Pick<Step, 'frames'>>;

/** A row that an earlier execution of the same work has stored. */
export interface StoredEvent {
  readonly type: string;
  readonly data: unknown;
}

/**
 * What a repeated commit has to add. A workflow task that was lost after its commits is executed again, and the results of parallel calls may
 * come in another order: what were two commits may be one, what was one may be two, with other numbers. So a repeat is compared by content,
 * whatever commits it stands in: calls and commands by their id, frames one by one by their name (see `frameSchema`), finished steps by their
 * checkpoint.
 *
 * @param stored the run's latest rows; steps long before those of the events without their frames
 */
export function remainderOf(events: readonly RunEventDraft[], stored: readonly StoredEvent[]): RunEventDraft[] {
  const known = new KnownEvents(stored);
  return events.flatMap((event) => {
    if (event.type === 'run.step-completed.v1') return known.restOf(event.data);
    return known.has(event) ? [] : [event];
  });
}

/** The first superstep that events tell of; null when they tell of none. */
export function firstStepOf(events: readonly RunEventDraft[]): number | null {
  const steps = events.flatMap((event) => (event.type === 'run.step-completed.v1' ? [event.data.step] : []));
  return steps.length === 0 ? null : Math.min(...steps);
}

class KnownEvents {
  /** By what {@link factOf} calls them. */
  private readonly facts = new Set<string>();
  private readonly checkpoints = new Set<string>();
  private readonly frames = new KnownFrames();

  constructor(stored: readonly StoredEvent[]) {
    for (const { type, data } of stored) {
      if (type === 'run.step-completed.v1') this.learn(data as StoredStep);
      else this.facts.add(factOf({ type, data }));
    }
  }

  has(event: StoredEvent): boolean {
    return this.facts.has(factOf(event));
  }

  /** The step without what is stored of it; frames that followed a finished step belong to the next one. */
  restOf(step: Step): RunEventDraft[] {
    const frames = step.frames.filter((frame) => !this.frames.take(frame));
    const isStored = step.checkpoint_id === null || this.checkpoints.has(step.checkpoint_id);
    if (!isStored) return [{ type: 'run.step-completed.v1', data: { ...step, frames } }];
    if (frames.length === 0) return [];
    const running = step.checkpoint_id === null ? step.step : step.step + 1;
    return [{ type: 'run.step-completed.v1', data: { step: running, checkpoint_id: null, parent_checkpoint_id: null, frames } }];
  }

  private learn(step: StoredStep): void {
    if (step.checkpoint_id !== null) this.checkpoints.add(step.checkpoint_id);
    for (const frame of step.frames ?? []) this.frames.learn(frame);
  }
}

/** Stored frames; each is that of one repeated frame. */
class KnownFrames {
  /** By their content, and then by their names; those of workers that gave none, each under a number of its own, for any that is equal. */
  private readonly byContent = new Map<string, Set<string | number>>();

  learn(frame: Frame): void {
    const content = contentOf(frame);
    const equal = this.byContent.get(content) ?? new Set();
    this.byContent.set(content, equal.add(nameOf(frame) ?? equal.size));
  }

  /** Whether the frame is stored. */
  take(frame: Frame): boolean {
    const equal = this.byContent.get(contentOf(frame)) ?? new Set();
    const name = nameOf(frame);
    if (name !== undefined && equal.delete(name)) return true;
    const [any] = [...equal].filter((other) => name === undefined || typeof other === 'number');
    return any !== undefined && equal.delete(any);
  }
}

/** Undefined for a frame of a worker that gave none. */
function nameOf({ step, nth = 0 }: Frame): string | undefined {
  return step === undefined ? undefined : `${step}.${nth}`;
}

/** jsonb forgets the order of keys and what it cannot hold. */
function contentOf({ ns, mode, data }: Frame): string {
  return canonicalize(JSON.parse(toJsonb({ ns, mode, data }))) ?? '';
}

/** What happens once only, by its id: of the call, or of the command. */
function factOf({ type, data }: StoredEvent): string {
  const { call_id: call, command_id: command } = data as { readonly call_id?: string; readonly command_id?: string };
  return `${type} ${call ?? command}`;
}
