import { randomUUID } from 'node:crypto';
import { headers, type Msg } from '@nats-io/transport-node';
import { z } from 'zod';
import type { NatsLink } from '../connection/nats-link';
import { AckInbox } from './ack-inbox';
import { PublishFailedError } from './publish-failed.error';

/** A fact ready to go. */
export interface OutgoingEvent {
  /** Event id; the stream stores it once within its duplicate window (10 min). */
  readonly id: string;
  readonly subject: string;
  /** At most 256 KiB. */
  readonly payload: string;
}

/** What the stream confirmed. */
export interface PublishReceipt {
  /** Stream sequence of the last event. */
  readonly lastSeq: number;
  /** How many were there already. */
  readonly duplicates: number;
}

/** Options of {@link EventPublisher}. */
export interface EventPublisherSettings {
  /** Longest wait for a confirmation, in ms. Default 10000: a disk may be slow, a wrong "no" only costs a repeat. */
  readonly ackTimeoutMs?: number;
  /** Most batches on their way at once, over all callers. Default 8 (the server's limit is 50 per stream). */
  readonly maxInFlight?: number;
}

/** Most events of one atomic batch; the server takes 1,000. */
export const MAX_BATCH_EVENTS = 200;
/** Most bytes of one atomic batch: bounds what a rejected one sends in vain. */
export const MAX_BATCH_BYTES = 1024 * 1024;

const BATCH_HAS_DUPLICATES = 10201;

const ackSchema = z.object({
  seq: z.number().int().optional(),
  duplicate: z.boolean().optional(),
  error: z.object({ err_code: z.number().optional(), description: z.string().optional() }).optional(),
});

/**
 * Publishes facts and resolves when the stream has stored them. Several events go as one atomic batch: stored together, in order,
 * with one fsync. Calls run side by side; give events that must keep their order to one call or to one call after the other.
 */
export class EventPublisher {
  private readonly inbox: AckInbox;
  private readonly ackTimeoutMs: number;
  private free: number;
  private readonly queue: (() => void)[] = [];

  constructor(
    private readonly link: NatsLink,
    settings: EventPublisherSettings = {},
  ) {
    this.inbox = new AckInbox(link);
    this.ackTimeoutMs = settings.ackTimeoutMs ?? 10_000;
    this.free = settings.maxInFlight ?? 8;
  }

  /**
   * Stores the events in their order. Nothing is stored out of order, but after a failure a prefix may be.
   * @throws {PublishFailedError}
   */
  async publish(events: readonly OutgoingEvent[]): Promise<PublishReceipt> {
    const receipt = { lastSeq: 0, duplicates: 0 };
    for (const batch of toBatches(events)) {
      const stored = await this.withSlot(() => this.publishBatch(batch));
      receipt.lastSeq = Math.max(receipt.lastSeq, stored.lastSeq);
      receipt.duplicates += stored.duplicates;
    }
    return receipt;
  }

  /** Ends the waiting for confirmations. */
  close(): void {
    this.inbox.close();
  }

  private async publishBatch(batch: readonly OutgoingEvent[]): Promise<PublishReceipt> {
    const [only] = batch;
    if (only === undefined) return { lastSeq: 0, duplicates: 0 };
    if (batch.length === 1) return this.publishSingle(only);
    const ack = await this.send((reply) => {
      const connection = this.requireConnection();
      const batchId = randomUUID();
      batch.forEach((event, index) => {
        const head = headers();
        head.set('Nats-Msg-Id', event.id);
        head.set('Nats-Batch-Id', batchId);
        head.set('Nats-Batch-Sequence', String(index + 1));
        const isLast = index === batch.length - 1;
        if (isLast) head.set('Nats-Batch-Commit', '1');
        connection.publish(event.subject, event.payload, isLast ? { headers: head, reply } : { headers: head });
      });
    });
    // Some were stored by a publisher that died before it could say so: one by one, the stream sorts them out.
    if (ack.error?.err_code === BATCH_HAS_DUPLICATES) return this.publishOneByOne(batch);
    return { lastSeq: confirmed(ack), duplicates: 0 };
  }

  private async publishOneByOne(events: readonly OutgoingEvent[]): Promise<PublishReceipt> {
    const receipt = { lastSeq: 0, duplicates: 0 };
    for (const event of events) {
      const stored = await this.publishSingle(event);
      receipt.lastSeq = Math.max(receipt.lastSeq, stored.lastSeq);
      receipt.duplicates += stored.duplicates;
    }
    return receipt;
  }

  private async publishSingle(event: OutgoingEvent): Promise<PublishReceipt> {
    const ack = await this.send((reply) => {
      const head = headers();
      head.set('Nats-Msg-Id', event.id);
      this.requireConnection().publish(event.subject, event.payload, { headers: head, reply });
    });
    return { lastSeq: confirmed(ack), duplicates: ack.duplicate === true ? 1 : 0 };
  }

  private async send(publish: (reply: string) => void): Promise<z.infer<typeof ackSchema>> {
    const answer = await this.inbox.request(publish, this.ackTimeoutMs);
    if (answer.headers?.code === 503) throw new PublishFailedError('REFUSED', 'no stream listens on the subject');
    return parseAck(answer);
  }

  private requireConnection(): NonNullable<NatsLink['connection']> {
    const { connection } = this.link;
    if (connection === undefined) throw new PublishFailedError('NATS_AWAY', 'NATS is away');
    return connection;
  }

  private async withSlot<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.queue.shift();
      if (next === undefined) this.free += 1;
      else next();
    }
  }
}

/** Cuts a list into batches within {@link MAX_BATCH_EVENTS} and {@link MAX_BATCH_BYTES}, keeping the order. */
export function toBatches(events: readonly OutgoingEvent[]): OutgoingEvent[][] {
  const batches: OutgoingEvent[][] = [];
  let current: OutgoingEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(event.payload);
    if (current.length > 0 && (current.length === MAX_BATCH_EVENTS || bytes + size > MAX_BATCH_BYTES)) {
      batches.push(current);
      current = [];
      bytes = 0;
    }
    current.push(event);
    bytes += size;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

function parseAck(answer: Msg): z.infer<typeof ackSchema> {
  const parsed = ackSchema.safeParse(answer.json());
  if (!parsed.success) throw new PublishFailedError('REFUSED', 'the stream answered with something else than an acknowledgement');
  return parsed.data;
}

function confirmed(ack: z.infer<typeof ackSchema>): number {
  if (ack.error !== undefined || ack.seq === undefined) {
    throw new PublishFailedError('REFUSED', `the stream refused: ${ack.error?.description ?? 'no sequence'} (${ack.error?.err_code ?? 0})`);
  }
  return ack.seq;
}
