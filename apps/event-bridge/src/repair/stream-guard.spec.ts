import type { StoredMessage, StreamFacts } from '@holdfast/event-bus';
import type { StreamState } from '@holdfast/persistence';
import { StreamGuard, type GuardParts } from './stream-guard';

const created = '2026-11-23T00:28:22.450Z';
const never = new AbortController().signal;
const stateOf = (lastSeq: number): StreamState => ({ stream: 'HOLDFAST_EVENTS', created: new Date(created), lastSeq });

async function* nothing(): AsyncGenerator<StoredMessage, void, undefined> {}

/** A stream and what the database remembers of it; something may happen between the two looks of a guard. */
class World implements GuardParts {
  lastSeq = 100;
  known = stateOf(100);
  repairs = 0;
  readonly saved: [lastSeq: number, repairedFrom: number | undefined][] = [];
  between: (() => void) | undefined;

  readonly admin = {
    ensureStreams: () =>
      this.look<StreamFacts>({ name: 'HOLDFAST_EVENTS', created, firstSeq: 1, lastSeq: this.lastSeq, messages: this.lastSeq, action: 'unchanged' }),
  };
  readonly outbox = {
    loadStreamState: () => this.look(this.known),
    saveStreamState: (state: StreamState, repairedFrom?: number) => Promise.resolve(void this.saved.push([state.lastSeq, repairedFrom])),
    readPublished: () => Promise.resolve([]),
  };
  readonly publisher = { publish: () => Promise.resolve({ lastSeq: 0, duplicates: 0 }) };
  readonly reader = { readStored: () => ((this.repairs += 1), nothing()) };
  readonly log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

  private look<T>(seen: T): Promise<T> {
    this.between?.();
    this.between = undefined;
    return Promise.resolve(seen);
  }
}

describe('StreamGuard', () => {
  it('takes what another bridge published and saved meanwhile for no loss', async () => {
    const world = new World();
    world.between = () => {
      world.lastSeq = 105;
      world.known = stateOf(105);
    };
    await new StreamGuard(world).verify(never);
    expect(world.repairs).toBe(0);
    expect(world.saved).toEqual([[105, undefined]]);
  });

  it('repairs a stream that has lost its end, and names the remembered sequence that this makes void', async () => {
    const world = new World();
    world.known = stateOf(120);
    await new StreamGuard(world).verify(never);
    expect(world.repairs).toBe(1);
    expect(world.saved).toEqual([[100, 120]]);
  });
});
