import type { JournalRow } from '@holdfast/contracts/events';

/** How many partitions the journal is relayed in; a run is always in the same one. MAINTENANCE: index run_events_unpublished. */
export const OUTBOX_PARTITIONS = 16;

/** A journal row on its way to the stream. */
export interface OutboxRow extends JournalRow {
  /** Order of writing over all runs; has gaps. */
  readonly position: number;
  readonly partition: number;
}

/** What waits to be relayed. */
export interface OutboxLag {
  readonly unpublished: number;
  /** Age of the oldest unpublished row, milliseconds; 0 without one. */
  readonly oldestAgeMs: number;
}

/** What was last known of a JetStream stream. */
export interface StreamState {
  readonly stream: string;
  readonly created: Date;
  readonly lastSeq: number;
}

/**
 * One relay's hold on the journal: leases are advisory locks of its connection, so they end with the connection, and everything is
 * read and marked on that connection. A method that throws means the session is over: close it, open another. Not for concurrent calls.
 */
export interface OutboxSession {
  /** Takes every free partition up to `max` in total (default all); returns those held now. */
  lease(max?: number): Promise<readonly number[]>;
  /** Unpublished rows of the held partitions, per partition in order of writing, at most `limitPerPartition` each. */
  read(limitPerPartition: number): Promise<OutboxRow[]>;
  /** Marks rows as published; call after the stream's acknowledgement. */
  markPublished(positions: readonly number[]): Promise<void>;
  /** Gives the leases back. */
  close(): Promise<void>;
}
