import { connect } from '@nats-io/transport-node';
import { jetstream } from '@nats-io/jetstream';
import { cloudEventSchema, type CloudEvent } from '@holdfast/contracts/events';
import { StreamName, subjectToken } from '@holdfast/contracts/nats';
import { stack } from './config';

/** A fact as the stream holds it. */
export interface StoredFact {
  readonly subject: string;
  readonly streamSeq: number;
  /** `Nats-Msg-Id`: what the server de-duplicates on. */
  readonly messageId: string | undefined;
  readonly event: CloudEvent;
}

const IDLE_MS = 2_000;

/** Reads all facts of a tenant out of JetStream, in stream order, with our own consumer. */
export async function readFacts(tenantId: string): Promise<StoredFact[]> {
  const connection = await connect({ servers: stack.natsUrl, name: 'e2e', timeout: 5_000 });
  try {
    const consumer = await jetstream(connection).consumers.get(StreamName.events, { filter_subjects: [`holdfast.v1.${subjectToken(tenantId)}.>`] });
    const facts: StoredFact[] = [];
    let pending = (await consumer.info()).num_pending;
    while (pending > 0) {
      const batch = await consumer.fetch({ max_messages: 500, expires: IDLE_MS });
      for await (const message of batch) {
        pending = message.info.pending;
        facts.push({
          subject: message.subject,
          streamSeq: message.seq,
          messageId: message.headers?.get('Nats-Msg-Id'),
          event: cloudEventSchema.parse(message.json()),
        });
        if (pending === 0) break;
      }
    }
    return facts;
  } finally {
    await connection.close();
  }
}
