import { MAX_EVENT_DATA_BYTES } from '@holdfast/contracts';
import { eventId, toCloudEvent, type JournalRow } from '@holdfast/contracts/events';
import { subjectFor } from '@holdfast/contracts/nats';
import type { OutgoingEvent } from '@holdfast/event-bus';

/** A journal row as a CloudEvent in structured JSON. Data over 64 KiB stays in the journal; the event refers to it (`dataref`). */
export function encodeEvent(row: JournalRow): OutgoingEvent {
  return { id: messageId(row), subject: subjectFor(row), payload: encodeEnvelope(row) };
}

/**
 * What the stream de-duplicates on: the event id within its tenant. Callers may choose run ids, and the stream is everybody's: by the
 * event id alone a tenant's events would be lost to another's run of the same id.
 */
export function messageId(row: Pick<JournalRow, 'tenantId' | 'runId' | 'seq'>): string {
  return `${row.tenantId}/${eventId(row.runId, row.seq)}`;
}

/** The two parts of a {@link messageId}: the run within its tenant, and the seq; NaN for an id of another make. */
export function messageIdParts(id: string): { run: string; seq: number } {
  const split = id.lastIndexOf(':');
  return { run: id.slice(0, split), seq: split < 0 ? Number.NaN : Number(id.slice(split + 1)) };
}

function encodeEnvelope(row: JournalRow): string {
  const inline = JSON.stringify(toCloudEvent(row, true));
  // Most events are small: an envelope within the limit holds data within the limit.
  if (Buffer.byteLength(inline) <= MAX_EVENT_DATA_BYTES) return inline;
  const dataBytes = Buffer.byteLength(JSON.stringify(row.data ?? null));
  return dataBytes <= MAX_EVENT_DATA_BYTES ? inline : JSON.stringify(toCloudEvent(row, false));
}
