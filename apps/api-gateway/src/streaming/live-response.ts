import { Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { HoldfastError } from '@holdfast/contracts/errors';
import { ROOT_LOGGER, ShutdownSignal, gauge, counter, type LogSink } from '@holdfast/nest-kit';
import type { FastifyReply } from 'fastify';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { withFiller } from './sse';

/** A response that lives as long as a run. */
export interface LiveResponse {
  readonly kind: 'sse' | 'wait';
  /** Keeps the connection alive while there is nothing to send. */
  readonly filler: string;
  /** What to send; gets a signal that fires when the viewer is gone or the process goes away. */
  produce(signal: AbortSignal): AsyncGenerator<string, void, undefined>;
  /** Called when the viewer left before the end. */
  onDisconnect?(): void;
}

/** Text that waits for a slow viewer, bytes; beyond it the run is not read any further. */
const VIEWER_BUFFER_BYTES = 64 * 1024;

const openStreams = gauge<'kind'>({ name: 'holdfast_open_streams', help: 'Streams and waits open now.', labelNames: ['kind'] });
const slowViewers = counter({ name: 'holdfast_slow_viewers_total', help: 'Viewers disconnected because they did not read.' });

/** Sends responses that live as long as a run: counted, bounded, ended at shutdown, never buffered without limit. */
@Injectable()
export class LiveResponses {
  #open = 0;

  constructor(
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(ShutdownSignal) private readonly shutdown: ShutdownSignal,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {}

  /** @throws HoldfastError DEPENDENCY_UNAVAILABLE when too many are open */
  assertCapacity(): void {
    if (this.#open < this.config.MAX_OPEN_STREAMS) return;
    throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'Too many streams are open.', { retryAfterMs: 2_000 });
  }

  /** Sends the response; resolves when it has ended, whichever way. */
  async send(reply: FastifyReply, response: LiveResponse): Promise<void> {
    const viewer = new AbortController();
    const stop = AbortSignal.any([viewer.signal, this.shutdown.signal]);
    const { raw } = reply;
    let complete = false;
    const onClose = (): void => {
      viewer.abort(new Error('the viewer left'));
      if (!complete) response.onDisconnect?.();
    };
    raw.once('close', onClose);
    this.#open += 1;
    openStreams.inc({ kind: response.kind });
    const body = Readable.from(this.#watched(reply, withFiller(response.produce(stop), response.filler, this.config.HEARTBEAT_MS)), { objectMode: false, highWaterMark: VIEWER_BUFFER_BYTES });
    body.once('end', () => (complete = true));
    const ended = new Promise<void>((resolve) => raw.once('close', resolve));
    try {
      await reply.send(body);
      await ended;
    } finally {
      this.#open -= 1;
      openStreams.dec({ kind: response.kind });
    }
  }

  /** Runs a clock while the viewer holds a piece back. */
  async *#watched(reply: FastifyReply, source: AsyncGenerator<string, void, undefined>): AsyncGenerator<Buffer, void, undefined> {
    try {
      for await (const text of source) {
        const timer = setTimeout(() => {
          slowViewers.inc();
          reply.raw.destroy();
        }, this.config.SLOW_VIEWER_MS);
        try {
          yield Buffer.from(text);
        } finally {
          clearTimeout(timer);
        }
      }
    } catch (error) {
      // The head is out: all that is left is to close, so that the client comes back or asks for the run.
      this.log.error({ err: error }, 'a live response broke off');
      throw error;
    }
  }
}
