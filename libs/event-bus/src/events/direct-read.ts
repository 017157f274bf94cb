import { createInbox, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';

/** A message as the stream stores it. */
export interface StoredMessage {
  readonly subject: string;
  readonly seq: number;
  /** When the server stored it, ISO 8601. */
  readonly time: string;
  /** `Nats-Msg-Id`, when it was published with one. */
  readonly messageId: string | undefined;
  readonly data: Uint8Array;
}

/** Options of {@link readBatch}. */
export interface ReadBatch {
  readonly stream: string;
  /** First sequence to look at; the first message at or after it is the first of the answer. */
  readonly fromSeq: number;
  /** Only messages of this subject (wildcards allowed). */
  readonly subject?: string;
  /** Most messages to return. */
  readonly limit: number;
  /** Longest wait between two messages of the answer, in ms. */
  readonly timeoutMs: number;
}

/** Thrown when the stream is not there (or JetStream is not). */
export class StreamMissingError extends Error {
  readonly code = 'STREAM_MISSING';
  constructor(stream: string) {
    super(`stream ${stream} is not there`);
  }
}

const NOT_FOUND = 404;
const END_OF_BATCH = 204;
const NO_RESPONDERS = 503;

/**
 * Reads messages straight from a stream that allows direct access: no consumer is made, so a reader costs the server nothing
 * when it does not read. An empty answer means that there is no such message yet.
 * @throws {StreamMissingError}
 */
export function readBatch(connection: NatsConnection, request: ReadBatch): Promise<StoredMessage[]> {
  const { stream, fromSeq, subject, limit, timeoutMs } = request;
  const query = { seq: fromSeq, batch: limit, ...(subject === undefined ? {} : { next_by_subj: subject }) };
  return ask(connection, { stream, query, timeoutMs, wantsOne: false });
}

/** Options of {@link readLast}. */
export interface ReadLast {
  readonly stream: string;
  /** Wildcards allowed: then the newest message of all the subjects that match. */
  readonly subject: string;
  /** Longest wait for the answer, in ms. */
  readonly timeoutMs: number;
}

/**
 * Reads the newest message of a subject the same way; undefined when the stream holds none.
 * @throws {StreamMissingError}
 */
export async function readLast(connection: NatsConnection, request: ReadLast): Promise<StoredMessage | undefined> {
  const { stream, subject, timeoutMs } = request;
  const [last] = await ask(connection, { stream, query: { last_by_subj: subject }, timeoutMs, wantsOne: true });
  return last;
}

interface Question {
  readonly stream: string;
  readonly query: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  /** Whether one message is the whole answer; the server ends only a batch with a mark. */
  readonly wantsOne: boolean;
}

async function ask(connection: NatsConnection, question: Question): Promise<StoredMessage[]> {
  const { stream, query, timeoutMs, wantsOne } = question;
  const inbox = createInbox();
  const messages: StoredMessage[] = [];
  await new Promise<void>((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const finish = (error?: Error): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      if (error === undefined) resolve();
      else reject(error);
    };
    const wait = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => finish(Object.assign(new Error(`stream ${stream} did not answer`), { code: 'TIMEOUT' })), timeoutMs);
    };
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error !== null) return finish(error);
        const status = message.headers?.code ?? 0;
        if (status === END_OF_BATCH || status === NOT_FOUND) return finish();
        if (status === NO_RESPONDERS) return finish(new StreamMissingError(stream));
        if (status >= 300 || message.headers === undefined) {
          return finish(new Error(`stream ${stream} refused to read: ${status} ${message.headers?.description ?? ''}`));
        }
        messages.push(toStored(message.headers, message.data));
        if (wantsOne) finish();
        else wait();
      },
    });
    wait();
    connection.publish(`$JS.API.DIRECT.GET.${stream}`, JSON.stringify(query), { reply: inbox });
  });
  return messages;
}

function toStored(headers: MsgHdrs, data: Uint8Array): StoredMessage {
  return {
    subject: headers.last('Nats-Subject'),
    seq: Number(headers.last('Nats-Sequence')),
    time: headers.last('Nats-Time-Stamp'),
    messageId: headers.has('Nats-Msg-Id') ? headers.get('Nats-Msg-Id') : undefined,
    data,
  };
}
