import { get, type ClientRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ShutdownSignal } from '@holdfast/nest-kit';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { LiveResponses } from '../src/streaming/live-response';
import { testConfig } from './gateway-fixture';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** One answer as it came over the wire. */
export interface WireAnswer {
  readonly text: string;
  /** False when the connection broke before the response had ended. */
  readonly complete: boolean;
}

/** An HTTP server with live responses and nothing else of a gateway. */
export class LiveServer {
  readonly shutdown = new ShutdownSignal();
  readonly live = new LiveResponses(testConfig({ MAX_OPEN_STREAMS: 1 }), this.shutdown, silent);
  readonly #http = new FastifyAdapter().getInstance();
  readonly #requests = new Set<ClientRequest>();
  /** Resolves when the handler has returned. */
  handled: Promise<void> = Promise.resolve();

  /** Listens; every request is given to the handler. */
  async open(handle: (reply: FastifyReply) => Promise<void>): Promise<void> {
    this.#http.get('/', (_request, reply) => (this.handled = handle(reply)));
    await this.#http.listen({ port: 0, host: '127.0.0.1' });
  }

  /** Sends a request. */
  request(): { readonly answer: Promise<WireAnswer>; readonly begun: Promise<void>; leave(): void } {
    const { port } = this.#http.server.address() as AddressInfo;
    const begun = Promise.withResolvers<void>();
    const { promise: answer, resolve } = Promise.withResolvers<WireAnswer>();
    const request = get({ port, host: '127.0.0.1', agent: false }, (response: IncomingMessage) => {
      let text = '';
      response.on('data', (piece: Buffer) => ((text += piece.toString()), begun.resolve()));
      response.on('error', () => undefined);
      response.once('close', () => resolve({ text, complete: response.complete }));
    });
    request.on('error', () => resolve({ text: '', complete: false }));
    this.#requests.add(request);
    return { answer, begun: begun.promise, leave: () => request.destroy() };
  }

  /** Ends everything. */
  async close(): Promise<void> {
    for (const request of this.#requests) request.destroy();
    this.shutdown.fire('the test is over');
    await this.#http.close();
  }
}
