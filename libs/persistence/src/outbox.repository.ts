import type { JournalRow } from '@holdfast/contracts/events';
import type { Database } from './database';

/** How many partitions the journal is relayed in; a run is always in the same one. */
export const OUTBOX_PARTITIONS = 16;

/** A journal row on its way to the stream. */
export interface OutboxRow extends JournalRow {
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
 * read and marked on that connection. A method that throws means the session is over: close it, open another.
 */
export interface OutboxSession {
  /** Takes every free partition up to `max` in total (default all); returns those held now. */
  lease(max?: number): Promise<readonly number[]>;
  /** Unpublished rows of the held partitions, per partition in order of writing, at most `limitPerPartition` each. */
  read(limitPerPartition: number): Promise<OutboxRow[]>;
  /** Marks rows as published; call after the stream's acknowledgement. */
  markPublished(positions: readonly number[]): Promise<void>;
  /** True once the connection is gone. */
  readonly lost: boolean;
  /** Gives the leases back. */
  close(): Promise<void>;
}

/** The relay's side of the journal, across tenants; needs role holdfast_relay. */
export class OutboxRepository {
  constructor(protected readonly db: Database) {}

  /** Opens a session on a connection of its own. */
  async open(): Promise<OutboxSession> {
    throw new Error('not built yet');
  }

  /** For metrics. */
  async lag(): Promise<OutboxLag> {
    throw new Error('not built yet');
  }

  /** Published rows after a position, in order; for the repair of a stream that lost some. */
  async readPublished(_query: { afterPosition: number; limit: number }): Promise<OutboxRow[]> {
    throw new Error('not built yet');
  }

  /** Null before the first save. */
  async loadStreamState(_stream: string): Promise<StreamState | null> {
    throw new Error('not built yet');
  }

  /** Remembers what was seen of a stream. */
  async saveStreamState(_state: StreamState): Promise<void> {
    throw new Error('not built yet');
  }
}
