import type { KeptByWorkflow } from '../api';
import type { MessageLists, Part } from './message-lists';

/** Most bytes of texts of which a workflow keeps the messages between two turns: many workflows wait at a time. */
export const MOST_KEPT_BYTES = 512_000;

/**
 * What a workflow execution keeps of a thread between two turns, when the state has long lists of messages: the messages of parts that came with the
 * history. The worker is told what is here and leaves it out of the next state, so that nothing is fetched, sent and read again of what was there two
 * turns ago. All is named by content: whatever was edited meanwhile, what is taken from here is what was asked for. And a replay finds the same here:
 * a part that the last run itself has made comes with the next state once, because what made it may have read the clock, which is another one then.
 */
export class KeptState {
  private readonly parts = new Map<string, Part>();

  /** After a run that has ended well: no node of it is left that could change its messages. */
  keep(lists: MessageLists): void {
    let bytes = 0;
    for (const part of lists.partsOfState().filter(({ isRecorded }) => isRecorded)) {
      bytes += part.bytes;
      if (bytes > MOST_KEPT_BYTES) break;
      this.parts.set(part.ref.$list, part);
    }
  }

  /** For `beginRun`. Undefined: nothing. */
  get told(): KeptByWorkflow | undefined {
    if (this.parts.size === 0) return undefined;
    return { parts: Object.fromEntries(Array.from(this.parts, ([hash, { bytes }]) => [hash, bytes])) };
  }

  /** Gives what is kept to the next run: parts whose texts do not come with its state. */
  take(): ReadonlyMap<string, Part> {
    const kept = new Map(this.parts);
    this.parts.clear();
    return kept;
  }
}
