import { cloudEventSchema } from '@holdfast/contracts/events';
import type { EventPublisher, EventReader } from '@holdfast/event-bus';
import type { OutboxRepository, OutboxRow } from '@holdfast/persistence';
import { encodeEvent, messageId as messageIdOf, messageIdParts } from '../relay/event-encoder';
import { repaired } from '../relay/relay-metrics';

/** What {@link republishMissing} works with. */
export interface RepublishParts {
  readonly outbox: Pick<OutboxRepository, 'readPublished'>;
  readonly reader: Pick<EventReader, 'readStored'>;
  readonly publisher: Pick<EventPublisher, 'publish'>;
}

const PAGE = 500;
// The stream's own max_age: what is older would be dropped at once.
const KEEP_MS = 30 * 24 * 60 * 60 * 1000;
// Runs are relayed side by side, so their events are in the stream only nearly in the order of their times.
const SLACK_MS = 60_000;

/**
 * Publishes again every published journal row that the stream does not hold, oldest first, under the same ids. Exact, whatever the
 * stream's duplicate window: the stream's content is read first. Returns how many were missing.
 */
export async function republishMissing(
  parts: RepublishParts,
  options: { readonly wholeStream: boolean; readonly signal: AbortSignal },
): Promise<number> {
  const content = await readContent(parts.reader, options.signal);
  // When only the end is missing, what is older than the oldest message has aged out rightly.
  const oldest = options.wholeStream || content.oldest === undefined ? new Date(Date.now() - KEEP_MS) : content.oldest;
  let count = 0;
  for (let afterPosition = 0; ; ) {
    options.signal.throwIfAborted();
    const rows = await parts.outbox.readPublished({ afterPosition, limit: PAGE });
    const missing = rows.filter((row) => row.time >= oldest && !content.has(row));
    await parts.publisher.publish(missing.map(encodeEvent));
    repaired.inc(missing.length);
    count += missing.length;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return count;
    afterPosition = last.position;
  }
}

interface StreamContent {
  /** About when the oldest event in the stream happened; undefined for an empty stream. */
  readonly oldest: Date | undefined;
  has(row: Pick<OutboxRow, 'tenantId' | 'runId' | 'seq'>): boolean;
}

/** Which events the stream holds: the ranges of seq of each run, which are few because a run's events are stored in order. */
async function readContent(reader: RepublishParts['reader'], signal: AbortSignal): Promise<StreamContent> {
  const ranges = new Map<string, { from: number; to: number }[]>();
  let oldest: Date | undefined;
  for await (const { messageId, data } of reader.readStored({}, signal)) {
    oldest ??= new Date(eventTime(data) - SLACK_MS);
    if (messageId === undefined) continue;
    const { run, seq } = messageIdParts(messageId);
    addTo(ranges, run, seq);
  }
  const has: StreamContent['has'] = (row) => {
    const { run, seq } = messageIdParts(messageIdOf(row));
    return (ranges.get(run) ?? []).some(({ from, to }) => from <= seq && seq <= to);
  };
  return { oldest, has };
}

function eventTime(data: Uint8Array): number {
  return Date.parse(cloudEventSchema.parse(JSON.parse(Buffer.from(data).toString('utf8'))).time);
}

function addTo(ranges: Map<string, { from: number; to: number }[]>, run: string, seq: number): void {
  const known = ranges.get(run);
  const last = known?.at(-1);
  if (known === undefined) ranges.set(run, [{ from: seq, to: seq }]);
  else if (last !== undefined && seq === last.to + 1) last.to = seq;
  else known.push({ from: seq, to: seq });
}
