import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import type { BeginRunGo, KeptByWorkflow } from '../api';
import type { MessageLists, Part } from './message-lists';
import { sha256 } from './sha256';

/** Most bytes of texts of which a workflow keeps the messages between two turns: many workflows wait at a time. */
export const MOST_KEPT_BYTES = 2_000_000;

/**
 * What a workflow execution keeps of a thread between two turns, when the state has long lists of messages: its text and the messages of its parts.
 * The worker is told what is here and leaves it out of the next state, so that nothing is fetched, sent and read again of what was there a turn ago.
 * Both are named by content: whatever was edited meanwhile, what is taken from here is what was asked for.
 */
export class KeptState {
  private readonly parts = new Map<string, Part>();
  private saved: { readonly text: string; readonly hash: string } | undefined;

  /**
   * After a run that has ended well: no node of it is left that could change its messages.
   * @param saved text of its last state; null when it has stored none
   */
  keep(lists: MessageLists, saved: string | null): void {
    let bytes = 0;
    for (const part of lists.partsOfState().filter(comesBackTheSame)) {
      bytes += part.bytes;
      if (bytes > MOST_KEPT_BYTES) break;
      part.isStored = true;
      this.parts.set(part.ref.$list, part);
    }
    this.saved = this.parts.size === 0 || saved === null ? undefined : { text: saved, hash: sha256(saved) };
  }

  /** For `beginRun`. Undefined: nothing. */
  get told(): KeptByWorkflow | undefined {
    if (this.parts.size === 0) return undefined;
    const parts = Object.fromEntries(Array.from(this.parts, ([hash, { bytes }]) => [hash, bytes]));
    return { parts, ...(this.saved === undefined ? {} : { saved: this.saved.hash }) };
  }

  /** Gives what is kept to the next run. @returns its beginning with the text of its state, and parts whose texts are not in it */
  take(begin: BeginRunGo): { readonly begin: BeginRunGo; readonly kept: ReadonlyMap<string, Part> } {
    const { saved } = this;
    const kept = new Map(this.parts);
    this.parts.clear();
    this.saved = undefined;
    if (begin.keepsSaved !== true) return { begin, kept };
    if (saved === undefined) throw new Error('a run is to begin with a state that is not here');
    return { begin: { ...begin, saved: saved.text }, kept };
  }
}

/** Messages of an author's own class come back from a state as LangChain's. */
function comesBackTheSame({ messages }: Part): boolean {
  const classes: readonly unknown[] = [HumanMessage, AIMessage, ToolMessage, SystemMessage];
  return messages.every((message) => classes.includes(message.constructor));
}
