import { setTimeout as sleep } from 'node:timers/promises';
import { tokenChunkSchema, type TokenChunk } from '@holdfast/contracts/messages';
import { StreamName, tokenSubject } from '@holdfast/contracts/nats';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { NatsLink } from '../connection/nats-link';
import { StreamMissingError, readBatch } from '../events/direct-read';
import { TokenOrder } from './token-order';
import type { TokenAddress } from './token-publisher';

/** Options of {@link readTokens}. */
export interface ReadTokensSettings {
  /** Ends the reading, without an error. */
  readonly signal: AbortSignal;
  /** Most chunks held for a reader that does not take them, before the oldest are dropped. Default 4096. */
  readonly maxHeld?: number;
}

const BATCH = 256;
const TIMEOUT_MS = 3000;
// The server stores a message a moment after it took it: what went out just before we subscribed may show only at a second look.
const SECOND_LOOK_MS = 40;

/**
 * The tokens of one run: first what the stream still has, then live ones, each piece of text once and in the order of its message.
 * Ends when the signal fires. After a restart of NATS it goes on; text lost with the stream is left out (`offset` shows it), and
 * the finished message in the journal makes up for it.
 */
export async function* readTokens(
  link: NatsLink,
  address: TokenAddress,
  settings: ReadTokensSettings,
): AsyncGenerator<TokenChunk, void, undefined> {
  const reading = new TokenReading(link, tokenSubject(address.tenantId, address.runId), settings.maxHeld ?? 4096);
  const onAbort = (): void => reading.stop();
  settings.signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (settings.signal.aborted) return;
    yield* reading.chunks();
  } finally {
    settings.signal.removeEventListener('abort', onAbort);
    reading.stop();
  }
}

class TokenReading {
  private readonly order = new TokenOrder();
  private readonly stopping = new AbortController();
  private readonly stopWatching: () => void;
  private subscription: Subscription | undefined;
  private connection: NatsConnection | undefined;
  private output: TokenChunk[] = [];
  /** Live chunks that wait for a replay to close the gap before them. */
  private early: TokenChunk[] = [];
  private replaying: Promise<void> | undefined;
  private lastSeq = 0;
  private wake: (() => void) | undefined;

  constructor(
    private readonly link: NatsLink,
    private readonly subject: string,
    private readonly maxHeld: number,
  ) {
    this.stopWatching = link.onUp((connection) => this.attach(connection));
  }

  async *chunks(): AsyncGenerator<TokenChunk, void, undefined> {
    while (!this.stopping.signal.aborted) {
      const ready = this.output;
      this.output = [];
      yield* ready;
      if (this.output.length === 0 && !this.stopping.signal.aborted) await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  stop(): void {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    this.stopWatching();
    this.subscription?.unsubscribe();
    this.wake?.();
  }

  private attach(connection: NatsConnection): void {
    if (this.connection !== connection) {
      this.connection = connection;
      this.subscription = connection.subscribe(this.subject, {
        callback: (error, message) => {
          const chunk = error === null ? parseChunk(message.data) : undefined;
          if (chunk !== undefined) this.takeLive(chunk);
        },
      });
    }
    // A new server may have a new stream whose sequence starts over.
    this.lastSeq = 0;
    this.replay();
    void this.lookAgain();
  }

  /** While a replay runs, live chunks wait behind it: it may hold what comes before them. */
  private takeLive(chunk: TokenChunk): void {
    if (this.replaying === undefined && this.pass(chunk)) return;
    this.early.push(chunk);
    if (this.early.length > this.maxHeld) this.early.shift();
    this.replay();
  }

  /** Gives the chunk on when it is the next one; false when text before it is missing. */
  private pass(chunk: TokenChunk): boolean {
    const verdict = this.order.judge(chunk);
    if (verdict.kind === 'next') this.give(verdict.chunk);
    return verdict.kind !== 'gap';
  }

  /** Gives the chunk on even when text before it is missing: it is lost. */
  private passBehindHole(chunk: TokenChunk): void {
    if (this.pass(chunk)) return;
    this.order.skipTo(chunk);
    this.pass(chunk);
  }

  private give(chunk: TokenChunk): void {
    this.output.push(chunk);
    if (this.output.length > this.maxHeld) this.output.shift();
    this.wake?.();
  }

  private replay(): void {
    this.replaying ??= this.runReplay().finally(() => {
      this.replaying = undefined;
      for (const chunk of this.early.splice(0)) this.passBehindHole(chunk);
    });
  }

  private async runReplay(): Promise<void> {
    await this.readStream();
    this.early = this.early.filter((chunk) => !this.pass(chunk));
    if (this.early.length === 0) return;
    await this.pause();
    await this.readStream();
  }

  private async lookAgain(): Promise<void> {
    await this.pause();
    if (!this.stopping.signal.aborted) this.replay();
  }

  private async pause(): Promise<void> {
    await sleep(SECOND_LOOK_MS, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }

  private async readStream(): Promise<void> {
    try {
      for (;;) {
        const { connection } = this.link;
        if (connection === undefined || this.stopping.signal.aborted) return;
        const request = { stream: StreamName.tokens, subject: this.subject, fromSeq: this.lastSeq + 1, limit: BATCH, timeoutMs: TIMEOUT_MS };
        const batch = await readBatch(connection, request);
        for (const message of batch) {
          this.lastSeq = message.seq;
          const chunk = parseChunk(message.data);
          if (chunk !== undefined) this.passBehindHole(chunk);
        }
        if (batch.length < BATCH) return;
      }
    } catch (error) {
      // No stream, or NATS went away in between: the live part goes on, and a reconnect replays again.
      if (error instanceof StreamMissingError) return;
      this.lastSeq = 0;
    }
  }
}

function parseChunk(data: Uint8Array): TokenChunk | undefined {
  try {
    return tokenChunkSchema.safeParse(JSON.parse(Buffer.from(data).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
