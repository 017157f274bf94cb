import { subjectFor } from '@holdfast/contracts/nats';
import type { EventReader } from '@holdfast/event-bus';
import type { OutboxRow } from '@holdfast/persistence';
import { messageIdParts } from './event-encoder';

// Bounds the questions on their way: a first read may hold 1,600 runs.
const SIDE_BY_SIDE = 32;

/**
 * Finds the rows that an earlier session published and did not mark. The stream drops such a repeat by itself only within its
 * duplicate window, and PostgreSQL may have been away for longer. One per session, because leases change hands between sessions.
 */
export class Handover {
  /** Partitions whose unmarked rows are nobody's but ours. */
  private readonly settled = new Set<number>();

  constructor(private readonly reader: Pick<EventReader, 'readLast'>) {}

  /**
   * Those of the rows that the stream holds. It asks about a partition from its lease until one read brings none to light, which is
   * mostly the first: what a predecessor left are the oldest rows, and nobody else publishes while we hold the lease.
   * @throws when NATS does not answer.
   */
  async findStored(rows: readonly OutboxRow[], held: readonly number[], signal: AbortSignal): Promise<ReadonlySet<OutboxRow>> {
    const doubtful = rows.filter(({ partition }) => !this.settled.has(partition));
    const stored = await this.lookUp(doubtful, signal);
    const unsettled = new Set([...stored].map(({ partition }) => partition));
    for (const partition of held) if (!unsettled.has(partition)) this.settled.add(partition);
    return stored;
  }

  private async lookUp(rows: readonly OutboxRow[], signal: AbortSignal): Promise<Set<OutboxRow>> {
    const runs = [...Map.groupBy(rows, ({ tenantId, runId }) => `${tenantId}/${runId}`).values()];
    const stored = new Set<OutboxRow>();
    for (let at = 0; at < runs.length; at += SIDE_BY_SIDE) {
      await Promise.all(
        runs.slice(at, at + SIDE_BY_SIDE).map(async (run) => {
          const lastSeq = await this.lastSeqOf(run, signal);
          // A run is stored in order: the stream holds everything up to its newest event.
          for (const row of run) if (row.seq <= lastSeq) stored.add(row);
        }),
      );
    }
    return stored;
  }

  /** The highest seq that the stream holds of the run, 0 for none. */
  private async lastSeqOf([first]: readonly OutboxRow[], signal: AbortSignal): Promise<number> {
    if (first === undefined) return 0;
    const last = await this.reader.readLast(subjectFor({ ...first, type: '>' }), signal);
    return last?.messageId === undefined ? 0 : messageIdParts(last.messageId).seq;
  }
}
