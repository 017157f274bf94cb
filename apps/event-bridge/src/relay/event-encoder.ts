import { MAX_EVENT_DATA_BYTES } from '@holdfast/contracts';
import { eventId, toCloudEvent, type JournalRow } from '@holdfast/contracts/events';
import { subjectFor } from '@holdfast/contracts/nats';
import type { OutgoingEvent } from '@holdfast/event-bus';

/** A journal row as a CloudEvent in structured JSON. Data over 64 KiB stays in the journal; the event refers to it (`dataref`). */
export function encodeEvent(row: JournalRow): OutgoingEvent {
  return { id: eventId(row.runId, row.seq), subject: subjectFor(row), payload: encodeEnvelope(row) };
}

function encodeEnvelope(row: JournalRow): string {
  const inline = JSON.stringify(toCloudEvent(row, true));
  // Most events are small: an envelope within the limit holds data within the limit.
  if (Buffer.byteLength(inline) <= MAX_EVENT_DATA_BYTES) return inline;
  const dataBytes = Buffer.byteLength(JSON.stringify(row.data ?? null));
  return dataBytes <= MAX_EVENT_DATA_BYTES ? inline : JSON.stringify(toCloudEvent(row, false));
}
