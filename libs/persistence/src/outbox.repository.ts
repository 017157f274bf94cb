import { z } from 'zod';
import type { Database } from './database';
import { outboxColumns, PgOutboxSession, toOutboxRows } from './outbox.session';
import type { OutboxLag, OutboxRow, OutboxSession, StreamState } from './outbox.types';
import { counter, timestamp } from './rows.schema';

const lagRow = z.object({ unpublished: z.number().int(), oldest_age_ms: z.number() });
const stateRow = z.object({ stream: z.string(), created: timestamp, last_seq: counter });

/** The relay's side of the journal, across tenants; needs role holdfast_relay, which row level security lets through. */
export class OutboxRepository {
  constructor(private readonly db: Database) {}

  /** Opens a session on a connection of its own. */
  async open(): Promise<OutboxSession> {
    return new PgOutboxSession(await this.db.session());
  }

  /** For metrics. */
  async lag(): Promise<OutboxLag> {
    const text = `SELECT count(*)::int AS unpublished, coalesce(extract(epoch FROM now() - min(time)) * 1000, 0)::float8 AS oldest_age_ms
      FROM executions.run_events WHERE published_at IS NULL`;
    const row = lagRow.parse((await this.db.callSystem({ name: 'outbox_lag', text }, []))[0]);
    return { unpublished: row.unpublished, oldestAgeMs: Math.max(0, row.oldest_age_ms) };
  }

  /** Published rows after a position, in order; for the repair of a stream that lost some. */
  async readPublished(query: { afterPosition: number; limit: number }): Promise<OutboxRow[]> {
    const text = `SELECT ${outboxColumns} FROM executions.run_events WHERE position > $1 AND published_at IS NOT NULL ORDER BY position LIMIT $2`;
    return toOutboxRows(await this.db.callSystem({ name: 'outbox_published', text }, [query.afterPosition, query.limit]));
  }

  /** Null before the first save. */
  async loadStreamState(stream: string): Promise<StreamState | null> {
    const text = `SELECT stream, created, last_seq FROM events.stream_state WHERE stream = $1`;
    const row = stateRow.optional().parse((await this.db.callSystem({ name: 'load_stream_state', text }, [stream]))[0]);
    return row === undefined ? null : { stream: row.stream, created: row.created, lastSeq: row.last_seq };
  }

  /**
   * Remembers what was seen of a stream. Of one stream the highest sequence is kept: bridges save side by side, and the later save may
   * know less. Only a repair lowers it, from the sequence that it began with (`repairedFrom`): what is lost for good must not count
   * as missing for ever.
   */
  async saveStreamState(state: StreamState, repairedFrom?: number): Promise<void> {
    const text = `INSERT INTO events.stream_state AS known (stream, created, last_seq, checked_at) VALUES ($1, $2, $3, now())
      ON CONFLICT (stream) DO UPDATE SET created = excluded.created, checked_at = now(), last_seq = CASE
        WHEN known.created = excluded.created AND known.last_seq IS DISTINCT FROM $4::bigint THEN greatest(known.last_seq, excluded.last_seq)
        ELSE excluded.last_seq END`;
    await this.db.callSystem({ name: 'save_stream_state', text }, [state.stream, state.created, state.lastSeq, repairedFrom ?? null]);
  }
}
