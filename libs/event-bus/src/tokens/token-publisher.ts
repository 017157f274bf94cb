import { tokenSubject } from '@holdfast/contracts/nats';
import type { TokenChunk } from '@holdfast/contracts/messages';
import type { LogSink } from '@holdfast/nest-kit/connector';
import { counter } from '@holdfast/nest-kit/metrics';
import type { NatsConnection } from '@nats-io/transport-node';
import type { NatsLink } from '../connection/nats-link';
import { ensureStream } from '../streams/ensure-streams';
import { TOKENS_STREAM } from '../streams/stream-config';
import { TokenCoalescer } from './token-coalescer';

/** Options of {@link TokenPublisher}. */
export interface TokenPublisherSettings {
  readonly log: LogSink;
  /** Least time between two chunks of a message, in ms. Default 20. */
  readonly windowMs?: number;
  /** Most text held while the stream is being made anew, in bytes. Default 8 MiB. */
  readonly maxHeldBytes?: number;
}

/** Whose message is being spoken. */
export interface TokenAddress {
  readonly tenantId: string;
  readonly runId: string;
}

const dropped = counter({
  name: 'holdfast_tokens_dropped_total',
  help: 'Token chunks not published; the finished message in the journal makes up for them.',
  labelNames: ['reason'],
});

const MAX_CHARS = 16 * 1024;

/**
 * Publishes what a model says while it says it. `push` never waits and never throws: a model call must not suffer from a viewer.
 * Nothing is dropped while NATS is up. While it is away chunks are counted and dropped, because tokens are not facts; the stream,
 * which lives in memory, is made anew when it comes back.
 */
export class TokenPublisher {
  private readonly messages = new Map<string, TokenCoalescer>();
  private readonly stopWatching: (() => void)[];
  private held: { subject: string; payload: string }[] = [];
  private heldBytes = 0;
  /** The connection on which the stream is known to exist. */
  private ready: NatsConnection | undefined;
  private generation = 0;

  constructor(
    private readonly link: NatsLink,
    private readonly settings: TokenPublisherSettings,
  ) {
    this.stopWatching = [
      link.onUp((connection) => void this.prepare(connection)),
      link.onDown(() => {
        this.generation += 1;
        this.ready = undefined;
        this.release((count) => dropped.inc({ reason: 'nats_away' }, count));
      }),
    ];
  }

  /** Takes the next piece of a message; `offset` is where its text starts. The piece with `last` ends the message. */
  push(address: TokenAddress, piece: TokenChunk): void {
    const subject = tokenSubject(address.tenantId, address.runId);
    const key = `${subject}/${piece.call}.${piece.attempt}`;
    let message = this.messages.get(key);
    if (message === undefined) {
      message = new TokenCoalescer({
        windowMs: this.settings.windowMs ?? 20,
        maxChars: MAX_CHARS,
        emit: (chunk) => this.send(subject, JSON.stringify(chunk)),
      });
      this.messages.set(key, message);
    }
    message.push(piece);
    if (piece.last === true) this.messages.delete(key);
  }

  /** Ends a message that will not be finished (a failed attempt): what it said so far goes out. */
  abandon(address: TokenAddress, call: string, attempt: number): void {
    const key = `${tokenSubject(address.tenantId, address.runId)}/${call}.${attempt}`;
    const message = this.messages.get(key);
    this.messages.delete(key);
    message?.close();
    message?.flush();
  }

  /** Sends everything that is waiting and stops. */
  close(): void {
    for (const message of this.messages.values()) {
      message.close();
      message.flush();
    }
    this.messages.clear();
    for (const stop of this.stopWatching) stop();
    this.release((count) => dropped.inc({ reason: 'closed' }, count));
  }

  private send(subject: string, payload: string): void {
    if (this.ready !== undefined && this.link.isUp) {
      publishQuietly(this.ready, subject, payload);
    } else if (!this.link.isUp) {
      dropped.inc({ reason: 'nats_away' });
    } else if (this.heldBytes + payload.length > (this.settings.maxHeldBytes ?? 8 * 1024 * 1024)) {
      dropped.inc({ reason: 'overflow' });
    } else {
      this.held.push({ subject, payload });
      this.heldBytes += payload.length;
    }
  }

  private async prepare(connection: NatsConnection): Promise<void> {
    const generation = (this.generation += 1);
    try {
      const { action } = await ensureStream(connection, TOKENS_STREAM);
      if (action !== 'unchanged') this.settings.log.info({ stream: TOKENS_STREAM.name, action }, 'token stream made ready');
    } catch (error) {
      // Viewers that are connected get their tokens all the same: they need the subject, not the stream.
      this.settings.log.warn({ err: error }, 'the token stream cannot be made: viewers who reconnect may miss tokens in flight');
    }
    if (generation !== this.generation) return;
    this.ready = connection;
    const { held } = this;
    this.held = [];
    this.heldBytes = 0;
    for (const { subject, payload } of held) publishQuietly(connection, subject, payload);
  }

  private release(report: (count: number) => void): void {
    if (this.held.length > 0) report(this.held.length);
    this.held = [];
    this.heldBytes = 0;
  }
}

function publishQuietly(connection: NatsConnection, subject: string, payload: string): void {
  try {
    connection.publish(subject, payload);
  } catch {
    // Too large for the server (tool calls of a last chunk) or closing: the journal brings it.
    dropped.inc({ reason: 'refused' });
  }
}
