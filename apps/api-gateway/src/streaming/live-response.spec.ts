import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@holdfast/testing';
import { LiveServer } from '../../test/live-server';
import type { LiveResponse } from './live-response';

async function until(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Sends one piece and then waits, as a stream of a waiting run does. */
async function* waiting(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  yield 'first;';
  await until(signal);
  throw new Error('not complete');
}

describe('a response that lives as long as a run', () => {
  let server: LiveServer;
  let left: number;
  beforeEach(() => {
    server = new LiveServer();
    left = 0;
  });
  afterEach(() => server.close());

  const response = (produce: LiveResponse['produce']): LiveResponse => ({ kind: 'sse', filler: ':\n\n', produce, onDisconnect: () => (left += 1) });

  it('is over before it begins for a viewer who left while the run was being made', async () => {
    let entered = false;
    await server.open(async (reply) => {
      entered = true;
      await eventually('the socket is gone', () => reply.raw.destroyed);
      await server.live.send(reply, response(waiting));
    });
    const viewer = server.request();
    await eventually('the request has come', () => entered);
    viewer.leave();
    await server.handled;
    expect(left).toBe(1);
    expect(() => server.live.assertCapacity()).not.toThrow();
  });

  it('gives its place back when the viewer leaves, and tells', async () => {
    await server.open((reply) => server.live.send(reply, response(waiting)));
    const viewer = server.request();
    await viewer.begun;
    expect(() => server.live.assertCapacity()).toThrow('Too many streams');
    viewer.leave();
    await server.handled;
    expect(left).toBe(1);
    expect(() => server.live.assertCapacity()).not.toThrow();
  });

  it('does not take its own end for the viewer leaving', async () => {
    await server.open((reply) =>
      server.live.send(
        reply,
        response(async function* () {
          yield 'all';
        }),
      ),
    );
    expect(await server.request().answer).toEqual({ text: 'all', complete: true });
    await server.handled;
    expect(left).toBe(0);
  });

  it('breaks off at a shutdown, and does not take it for the viewer leaving', async () => {
    await server.open((reply) => server.live.send(reply, response(waiting)));
    const viewer = server.request();
    await viewer.begun;
    server.shutdown.fire('test');
    expect(await viewer.answer).toEqual({ text: 'first;', complete: false });
    await server.handled;
    expect(left).toBe(0);
  });

  it('breaks off at a failure of ours, and does not take it for the viewer leaving', async () => {
    await server.open((reply) =>
      server.live.send(
        reply,
        response(async function* () {
          yield 'first;';
          await sleep(20);
          throw new Error('a defect');
        }),
      ),
    );
    expect(await server.request().answer).toEqual({ text: 'first;', complete: false });
    await server.handled;
    expect(left).toBe(0);
  });
});

describe('a request that is held open', () => {
  let server: LiveServer;
  beforeEach(() => {
    server = new LiveServer();
  });
  afterEach(() => server.close());

  it.each<[string, (viewer: { leave(): void }) => void]>([
    ['the caller leaves', (viewer) => viewer.leave()],
    ['the process goes away', () => server.shutdown.fire('test')],
  ])('is counted, and ends when %s', async (_, end) => {
    let held = false;
    await server.open((reply) =>
      server.live.hold(reply, async (signal) => {
        held = true;
        await until(signal);
      }),
    );
    const viewer = server.request();
    await eventually('the request is held', () => held);
    expect(() => server.live.assertCapacity()).toThrow('Too many streams');
    end(viewer);
    await server.handled;
    expect(() => server.live.assertCapacity()).not.toThrow();
  });
});
