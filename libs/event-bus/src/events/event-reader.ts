import { cloudEventSchema, type CloudEvent } from '@holdfast/contracts/events';
import { StreamName } from '@holdfast/contracts/nats';
import type { NatsLink } from '../connection/nats-link';
import { readBatch, readLast, type StoredMessage } from './direct-read';

/** Which part of the stream to read. */
export interface EventRange {
  /** First stream sequence. Default 1. */
  readonly fromSeq?: number;
  /** Last stream sequence; without it the reading ends where the stream ends at that moment. */
  readonly toSeq?: number;
  /** Only facts with this subject; wildcards allowed. Default all. */
  readonly subject?: string;
}

/** A fact with its place in the stream. */
export interface StreamedEvent {
  readonly streamSeq: number;
  readonly subject: string;
  readonly event: CloudEvent;
}

const BATCH = 256;
const TIMEOUT_MS = 5000;

/** Reads facts back from {@link StreamName.events}: for replays, repairs, tools and tests. It leaves no consumer behind. */
export class EventReader {
  constructor(
    private readonly link: NatsLink,
    private readonly stream: string = StreamName.events,
  ) {}

  /**
   * The facts of the range in stream order.
   * @throws ZodError when something is in the stream that is no event of ours.
   */
  async *read(range: EventRange, signal: AbortSignal): AsyncGenerator<StreamedEvent, void, undefined> {
    for await (const message of this.readStored(range, signal)) {
      const event = cloudEventSchema.parse(JSON.parse(Buffer.from(message.data).toString('utf8')));
      yield { streamSeq: message.seq, subject: message.subject, event };
    }
  }

  /** The stored messages of the range, unparsed. */
  async *readStored(range: EventRange, signal: AbortSignal): AsyncGenerator<StoredMessage, void, undefined> {
    let next = range.fromSeq ?? 1;
    for (;;) {
      signal.throwIfAborted();
      const connection = await this.link.whenUp(signal);
      const batch = await readBatch(connection, {
        stream: this.stream,
        fromSeq: next,
        limit: BATCH,
        timeoutMs: TIMEOUT_MS,
        ...(range.subject === undefined ? {} : { subject: range.subject }),
      });
      for (const message of batch) {
        if (range.toSeq !== undefined && message.seq > range.toSeq) return;
        yield message;
        next = message.seq + 1;
      }
      if (batch.length < BATCH) return;
    }
  }

  /**
   * The newest stored message of a subject, wildcards allowed; undefined when the stream holds none.
   * @throws {StreamMissingError}
   */
  async readLast(subject: string, signal: AbortSignal): Promise<StoredMessage | undefined> {
    const connection = await this.link.whenUp(signal);
    return readLast(connection, { stream: this.stream, subject, timeoutMs: TIMEOUT_MS });
  }
}
