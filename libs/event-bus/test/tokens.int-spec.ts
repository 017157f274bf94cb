import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually, OwnNatsServer } from '@holdfast/testing';
import type { TokenChunk } from '@holdfast/contracts/messages';
import { EventBusAdmin } from '../src/streams/event-bus-admin';
import { TokenPublisher, type TokenAddress } from '../src/tokens/token-publisher';
import { readTokens } from '../src/tokens/token-reader';
import type { NatsLink } from '../src/connection/nats-link';
import { closeLinks, link, log } from './links';

const chunk = (call: number, offset: number, text: string, more: Partial<TokenChunk> = {}): TokenChunk => ({
  call: String(call),
  attempt: 1,
  messageId: `run-${call}`,
  node: 'plan',
  ns: [],
  offset,
  text,
  ...more,
});

/** Speaks a text in pieces; the text of a call is its number repeated with positions, so that order mistakes show. */
async function speak(publisher: TokenPublisher, address: TokenAddress, call: number, words: number, pauseMs = 0): Promise<string> {
  let offset = 0;
  let text = '';
  for (let i = 0; i < words; i += 1) {
    const word = `${call}:${i} `;
    publisher.push(address, chunk(call, offset, word));
    offset += word.length;
    text += word;
    if (pauseMs > 0) await sleep(pauseMs);
  }
  publisher.push(address, chunk(call, offset, '', { last: true }));
  return text;
}

/** A reader that collects in the background. */
class Viewer {
  readonly chunks: TokenChunk[] = [];
  /** When the first one came, by `performance.now()`. */
  firstAt = Infinity;
  private readonly ending = new AbortController();
  readonly done: Promise<void>;

  constructor(nats: NatsLink, address: TokenAddress) {
    this.done = (async () => {
      for await (const next of readTokens(nats, address, { signal: this.ending.signal })) {
        if (this.chunks.push(next) === 1) this.firstAt = performance.now();
      }
    })();
  }

  /** The text of a call; fails when pieces do not adjoin. */
  text(call: number): string {
    let text = '';
    for (const piece of this.chunks.filter((c) => c.call === String(call))) {
      expect(piece.offset).toBe(text.length);
      text += piece.text;
    }
    return text;
  }

  finished(call: number): boolean {
    return this.chunks.some((piece) => piece.call === String(call) && piece.last === true);
  }

  async end(): Promise<void> {
    this.ending.abort();
    await this.done;
  }
}

describe('tokens on a NATS server of our own', () => {
  let server: OwnNatsServer;
  let worker: NatsLink;
  let gateway: NatsLink;
  let publisher: TokenPublisher;
  const address = (): TokenAddress => ({ tenantId: randomUUID(), runId: randomUUID() });

  beforeAll(async () => {
    server = await OwnNatsServer.start();
    worker = link(server.url);
    gateway = link(server.url);
    publisher = new TokenPublisher(worker, { log });
    await new EventBusAdmin(gateway).ensureStreams(new AbortController().signal);
  });
  afterAll(async () => {
    publisher.close();
    await closeLinks();
    await server.killAndEmpty();
  });

  it('gives a viewer who comes late what was said before, and viewers in the middle each word once', async () => {
    const run = address();
    const viewers = [new Viewer(gateway, run)];
    const speaking = speak(publisher, run, 1, 400, 1);
    for (let i = 0; i < 12; i += 1) {
      await sleep(30);
      viewers.push(new Viewer(gateway, run));
    }
    const text = await speaking;
    viewers.push(new Viewer(gateway, run));
    for (const viewer of viewers) {
      await eventually('the message is finished', () => viewer.finished(1));
      expect(viewer.text(1)).toBe(text);
      await viewer.end();
    }
  });

  it('delivers the first word fast', async () => {
    const delays: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const run = address();
      const viewer = new Viewer(gateway, run);
      await sleep(100);
      const begun = performance.now();
      publisher.push(run, chunk(1, 0, 'first'));
      await eventually('the first word', () => viewer.chunks.length > 0);
      delays.push(viewer.firstAt - begun);
      publisher.push(run, chunk(1, 5, '', { last: true }));
      await viewer.end();
    }
    // The fastest: what the way takes. The others also tell what else the machine does.
    expect(Math.min(...delays)).toBeLessThan(15);
  });

  it('keeps runs apart', async () => {
    const [mine, foreign] = [address(), address()];
    const viewer = new Viewer(gateway, mine);
    await speak(publisher, foreign, 1, 20);
    const text = await speak(publisher, mine, 1, 20);
    await eventually('finished', () => viewer.finished(1));
    expect(viewer.text(1)).toBe(text);
    expect(viewer.chunks.every((piece) => text.includes(piece.text))).toBe(true);
    await viewer.end();
  });

  it('survives kill -9 of NATS: makes the stream anew, loses nothing said while NATS is up, and ends by its signal', async () => {
    const run = address();
    const viewer = new Viewer(gateway, run);
    const before = await speak(publisher, run, 1, 50);
    await eventually('first message', () => viewer.finished(1));
    await server.kill();
    await eventually('worker sees it', () => !worker.isUp && !gateway.isUp);
    expect(() => publisher.push(run, chunk(2, 0, 'said into the void', { last: true }))).not.toThrow();
    await server.up();
    await eventually('both are back', () => worker.isUp && gateway.isUp);
    // At once: the stream may not be there yet; what is said now must not be lost.
    const after = await speak(publisher, run, 3, 50);
    await eventually('third message', () => viewer.finished(3));
    expect(viewer.text(1)).toBe(before);
    expect(viewer.text(2)).toBe('');
    expect(viewer.text(3)).toBe(after);
    const late = new Viewer(gateway, run);
    await eventually('third message, replayed', () => late.finished(3));
    expect(late.text(3)).toBe(after);
    expect(late.text(1)).toBe('');
    await Promise.all([viewer.end(), late.end()]);
  });

  it('shows the hole of a message whose beginning is lost, and goes on', async () => {
    const run = address();
    const viewer = new Viewer(gateway, run);
    await sleep(100);
    publisher.push(run, chunk(1, 100, 'the rest'));
    await eventually('the rest', () => viewer.chunks.length === 1);
    expect(viewer.chunks[0]).toMatchObject({ offset: 100, text: 'the rest' });
    publisher.abandon(run, '1', 1);
    await viewer.end();
  });
});
