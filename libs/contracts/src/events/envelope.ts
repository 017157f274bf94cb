import { z } from 'zod';

/** Id of an event within its tenant, for ever: consumers de-duplicate on it together with the envelope's `source`. */
export function eventId(runId: string, seq: number): string {
  return `${runId}:${seq}`;
}

/**
 * CloudEvents 1.0, structured JSON mode (spec §2 and the JSON event format). Extension names are lower-case as the spec asks.
 * Exactly one of `data` and `dataref` (dataref extension) is there.
 */
export const cloudEventSchema = z.object({
  specversion: z.literal('1.0'),
  id: z.string(),
  source: z.string(),
  /** An event type, or one of a newer release: during a deploy readers pass on what they do not know. */
  type: z.string(),
  /** `run/<run id>`, `approval/<approval id>`, `outcomes/<id>`: of the late outcomes of a run's calls */
  subject: z.string(),
  /** RFC 3339 */
  time: z.string(),
  datacontenttype: z.literal('application/json').optional(),
  data: z.unknown().optional(),
  dataref: z.string().optional(),
  tenantid: z.string(),
  /** The run; of events that outlive it, those of approvals and late outcomes, an id by which they are numbered (`data.run_id` is the run). */
  runid: z.string(),
  threadid: z.string(),
  /** Place in the run, gapless from 1. */
  seq: z.number().int().positive(),
  traceparent: z.string().optional(),
});
/** See {@link cloudEventSchema}. */
export type CloudEvent = z.infer<typeof cloudEventSchema>;

/** A journal row as the relay reads it. */
export interface JournalRow {
  readonly tenantId: string;
  readonly runId: string;
  readonly threadId: string;
  readonly seq: number;
  /** An event type, or one of a newer release: during a deploy readers pass on what they do not know. */
  readonly type: string;
  readonly time: Date;
  readonly traceparent: string | null;
  readonly data: unknown;
}

/** The envelope of a journal row. `inline: false` leaves the data out and points at the run's event in the API instead. */
export function toCloudEvent(row: JournalRow, inline: boolean): CloudEvent {
  const isApproval = kindOf(row) === 'approval';
  return {
    specversion: '1.0',
    id: eventId(row.runId, row.seq),
    // With the id it names the event for ever (CloudEvents 1.0 §3.1.1); callers may choose run ids, so two tenants may have the same one.
    source: `/holdfast/tenants/${row.tenantId}/runs`,
    type: row.type,
    subject: `${kindOf(row)}/${row.runId}`,
    time: row.time.toISOString(),
    tenantid: row.tenantId,
    runid: row.runId,
    threadid: row.threadId,
    seq: row.seq,
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
    ...(inline
      ? { datacontenttype: 'application/json' as const, data: row.data }
      : { dataref: isApproval ? `/approvals/${row.runId}` : `/threads/${row.threadId}/runs/${row.runId}/stream#${row.seq}` }),
  };
}

/** What a row's id is of. */
function kindOf({ type }: JournalRow): 'approval' | 'outcomes' | 'run' {
  if (type.startsWith('approval.')) return 'approval';
  return type.startsWith('tool.outcome-revealed.') ? 'outcomes' : 'run';
}
