import type { WaitStatus } from '@holdfast/contracts/waits';
import type { JournalNotice } from './journal.types';
import type { RunRow } from './rows.schema';
import type { PostedEventRow } from './waits.rows';

/** Selects waits, newest first. */
export interface WaitQuery {
  readonly status?: WaitStatus | undefined;
  readonly threadId?: string | undefined;
  readonly eventType?: string | undefined;
  /** Only those before this one in the list. */
  readonly after?: string | undefined;
  /** 1..1000, 10 by default. */
  readonly limit?: number | undefined;
}

/** An event to post. */
export interface EventDraft {
  /** Of the sender: the same id again posts nothing. */
  readonly eventId: string;
  readonly type: string;
  readonly key: string | null;
  /** Long texts are references. */
  readonly payload: unknown;
  /** Of the request: tells a repeat from another event with the same id. */
  readonly requestHash: string;
  readonly postedBy: string;
}

/** What became of an event. `known`: it was posted before; `mismatch`: another one has its id. */
export interface PostResult {
  readonly kind: 'posted' | 'known' | 'mismatch';
  readonly event: PostedEventRow;
}

/** A thread with a wait whose end has come. */
export interface DueWait {
  readonly tenantId: string;
  readonly threadId: string;
}

/** What became of the due waits of a thread. `busy`: a run is active there; they are looked at again when it has ended. */
export type WakeResult =
  | { readonly kind: 'none' | 'busy' }
  /** Nobody knows any more how the thread would go on: its waits are superseded. */
  | { readonly kind: 'orphaned' }
  | { readonly kind: 'woken'; readonly run: RunRow; readonly notice: JournalNotice | null; readonly outcomes: readonly string[] };
