import { Readable, finished } from 'node:stream';
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
  /**
   * What to send; gets a signal that fires when the viewer is gone or the process goes away. To be left by throwing when it cannot be
   * completed: the connection is then broken, because a client takes a response that ends well for the whole.
   */
  produce(signal: AbortSignal): AsyncGenerator<string, void, undefined>;
  /** Called when the viewer left before the end; not when the process goes away or `produce` failed. */
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
    let settled = false;
    const viewer = this.#watch(reply, () => {
      if (!settled && !this.shutdown.signal.aborted) response.onDisconnect?.();
    });
    if (reply.raw.destroyed) return;
    const source = withFiller(response.produce(viewer.signal), response.filler, this.config.HEARTBEAT_MS);
    const body = Readable.from(this.#paced(reply, source), { objectMode: false, highWaterMark: VIEWER_BUFFER_BYTES });
    body.once('end', () => (settled = true));
    body.once('error', (error) => {
      settled = true;
      // The head is out: all that is left is to close, so that the client comes back or asks for the run.
      if (!viewer.signal.aborted) this.log.error({ err: error }, 'a live response broke off');
    });
    await this.#counted(response.kind, async () => {
      await reply.send(body);
      await viewer.left;
    });
  }

  /**
   * Holds an ordinary request open: counted like a wait. The signal fires when the caller is gone or the process goes away.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE when too many are open; what `work` throws
   */
  async hold<T>(reply: FastifyReply, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.assertCapacity();
    const viewer = this.#watch(reply, () => undefined);
    return this.#counted('wait', () => work(viewer.signal));
  }

  /** Tells when the one who waits for the response is gone, also when that was before anybody looked. */
  #watch(reply: FastifyReply, onLeave: () => void): { readonly signal: AbortSignal; readonly left: Promise<void> } {
    const viewer = new AbortController();
    const { promise: left, resolve } = Promise.withResolvers<void>();
    const leave = (): void => {
      viewer.abort(new Error('the viewer left'));
      onLeave();
      resolve();
    };
    // A response that closed while the run was being made emits nothing any more.
    if (reply.raw.destroyed) leave();
    else finished(reply.raw, leave);
    return { signal: AbortSignal.any([viewer.signal, this.shutdown.signal]), left };
  }

  async #counted<T>(kind: LiveResponse['kind'], work: () => Promise<T>): Promise<T> {
    this.#open += 1;
    openStreams.inc({ kind });
    try {
      return await work();
    } finally {
      this.#open -= 1;
      openStreams.dec({ kind });
    }
  }

  /** Runs a clock while the viewer holds a piece back. */
  async *#paced(reply: FastifyReply, source: AsyncGenerator<string, void, undefined>): AsyncGenerator<Buffer, void, undefined> {
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
  }
}
