import { z } from 'zod';
import type { Connection } from './connection';
import { eventColumns, toJournalRow } from './journal-row.mapping';
import { OUTBOX_PARTITIONS, type OutboxRow, type OutboxSession } from './outbox.types';
import { counter } from './rows.schema';

/** First key of the advisory locks, "hfob": no other lock of this database uses it. */
const LOCK_CLASS = 0x68666f62;

// The expression of index run_events_unpublished.
const PARTITION = '(get_byte(uuid_send(run_id), 15) & 15)';
const COLUMNS = `tenant_id, run_id, thread_id, seq, position, type, time, traceparent, data, ${PARTITION} AS partition`;

const LEASE = {
  name: 'outbox_lease',
  // CASE, because the planner may evaluate the terms of an AND in any order, and a lock taken twice must be given back twice.
  text: `SELECT p FROM generate_series(0, ${OUTBOX_PARTITIONS - 1}) AS p
    WHERE CASE WHEN p = ANY($1::int[]) THEN false ELSE pg_try_advisory_lock(${LOCK_CLASS}, p) END LIMIT $2`,
};
// Only committed rows are visible, and a run's rows are written under its row lock: within a run the order of positions is the order of seq.
const READ = {
  name: 'outbox_read',
  text: `SELECT e.* FROM unnest($1::int[]) AS p CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM executions.run_events WHERE ${PARTITION} = p AND published_at IS NULL ORDER BY position LIMIT $2) AS e`,
};
const MARK = {
  name: 'outbox_mark',
  text: 'UPDATE executions.run_events SET published_at = now() WHERE position = ANY($1::bigint[]) AND published_at IS NULL',
};

const outboxRow = eventColumns.extend({ tenant_id: z.string(), run_id: z.string(), position: counter, partition: z.number().int() });
const leaseRow = z.object({ p: z.number().int() });

/** Turns rows of the journal with {@link outboxColumns} into what the relay publishes. */
export function toOutboxRows(rows: readonly unknown[]): OutboxRow[] {
  return z
    .array(outboxRow)
    .parse(rows)
    .map((row) => ({ ...toJournalRow(row.tenant_id, row.run_id, row), position: row.position, partition: row.partition }));
}

/** The columns that {@link toOutboxRows} reads. */
export const outboxColumns = COLUMNS;

/** An {@link OutboxSession} on a connection taken out of the pool. */
export class PgOutboxSession implements OutboxSession {
  readonly #held: number[] = [];
  #released = false;

  constructor(private readonly connection: Connection) {}

  async lease(max: number = OUTBOX_PARTITIONS): Promise<readonly number[]> {
    const wanted = Math.min(max, OUTBOX_PARTITIONS) - this.#held.length;
    if (wanted > 0) {
      const rows = await this.#query(LEASE, [this.#held, wanted]);
      this.#held.push(...z.array(leaseRow).parse(rows).map((row) => row.p));
    }
    return [...this.#held];
  }

  async read(limitPerPartition: number): Promise<OutboxRow[]> {
    if (this.#held.length === 0) return [];
    return toOutboxRows(await this.#query(READ, [this.#held, limitPerPartition]));
  }

  async markPublished(positions: readonly number[]): Promise<void> {
    if (positions.length > 0) await this.#query(MARK, [positions]);
  }

  async close(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    try {
      if (!this.connection.broken) await this.connection.query('SELECT pg_advisory_unlock_all()');
    } catch {
      // Closing the connection gives the locks back as well.
      this.connection.discard();
    } finally {
      this.connection.release();
    }
  }

  async #query(statement: { name: string; text: string }, values: readonly unknown[]): Promise<readonly unknown[]> {
    try {
      return (await this.connection.query({ ...statement, values: [...values] })).rows as unknown[];
    } catch (error) {
      // Whatever happened, the relay starts over with a new session; a connection in doubt must not keep leases.
      this.connection.discard();
      throw error;
    }
  }
}
