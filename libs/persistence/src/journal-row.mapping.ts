import type { JournalRow } from '@holdfast/contracts/events';
import { RUN_STATUSES } from '@holdfast/contracts/runs';
import { z } from 'zod';
import { timestamp } from './rows.schema';

/** Columns of executions.run_events that make an event. `data` was validated when it was written. */
export const eventColumns = z.object({
  thread_id: z.string(),
  seq: z.number().int(),
  type: z.string(),
  time: timestamp,
  traceparent: z.string().nullable(),
  data: z.unknown(),
});

/** What executions.read_events returns: the run's columns, and an event or, on an empty page, nulls. */
export const readEventsRow = z
  .looseObject({ run_status: z.enum(RUN_STATUSES), last_seq: z.number().int(), seq: z.number().int().nullable() })
  .transform((row) => ({ run_status: row.run_status, last_seq: row.last_seq, event: row.seq === null ? null : eventColumns.parse(row) }));

/** The contract's form of a journal row. */
export function toJournalRow(tenantId: string, runId: string, row: z.infer<typeof eventColumns>): JournalRow {
  const { thread_id: threadId, seq, type, time, traceparent, data } = row;
  return { tenantId, runId, threadId, seq, type, time, traceparent, data };
}
