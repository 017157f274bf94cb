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
 * whatever commits it stands in: calls and commands by their id, frames one by one (each stored one pays for one repeated one), finished steps
 * by their checkpoint.
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

class KnownEvents {
  /** By what {@link factOf} calls them. */
  private readonly facts = new Set<string>();
  private readonly checkpoints = new Set<string>();
  private readonly frames = new Map<string, number>();

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
    const frames = step.frames.filter((frame) => !this.spend(keyOf(frame)));
    const isStored = step.checkpoint_id === null || this.checkpoints.has(step.checkpoint_id);
    if (!isStored) return [{ type: 'run.step-completed.v1', data: { ...step, frames } }];
    if (frames.length === 0) return [];
    const running = step.checkpoint_id === null ? step.step : step.step + 1;
    return [{ type: 'run.step-completed.v1', data: { step: running, checkpoint_id: null, parent_checkpoint_id: null, frames } }];
  }

  private learn(step: StoredStep): void {
    if (step.checkpoint_id !== null) this.checkpoints.add(step.checkpoint_id);
    for (const key of (step.frames ?? []).map(keyOf)) this.frames.set(key, (this.frames.get(key) ?? 0) + 1);
  }

  private spend(key: string): boolean {
    const left = this.frames.get(key) ?? 0;
    if (left > 0) this.frames.set(key, left - 1);
    return left > 0;
  }
}

/** jsonb forgets the order of keys and what it cannot hold. */
function keyOf(frame: Frame): string {
  return canonicalize(JSON.parse(toJsonb(frame))) ?? '';
}

/** What happens once only, by its id: of the call, or of the command. */
function factOf({ type, data }: StoredEvent): string {
  const { call_id: call, command_id: command } = data as { readonly call_id?: string; readonly command_id?: string };
  return `${type} ${call ?? command}`;
}
