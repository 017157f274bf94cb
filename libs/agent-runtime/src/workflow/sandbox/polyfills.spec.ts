import { type WebGlobals, installPolyfills } from './polyfills';
import { LeanReadableStream, type LeanStreamSource } from './streams';

const bare: WebGlobals & { crypto?: { getRandomValues(a: Uint8Array): Uint8Array; randomUUID(): string } } = {};
installPolyfills(bare);

/** Node's stream; its types are not among ours. Node's errors come from another realm than Jest's, so they are compared by name. */
const nodeStream = (source: LeanStreamSource): LeanReadableStream =>
  new (globalThis as unknown as { ReadableStream: typeof LeanReadableStream }).ReadableStream(source);
const typeError = expect.objectContaining({ name: 'TypeError' });

/** Everything observable about reading a stream to its end. */
async function read(stream: { getReader(): { read(): Promise<{ done: boolean; value?: unknown }> } }): Promise<unknown[]> {
  const seen: unknown[] = [];
  const reader = stream.getReader();
  try {
    for (let i = 0; i < 20; i++) {
      const { done, value } = await reader.read();
      seen.push(done ? 'done' : value);
      if (done) break;
    }
  } catch (error) {
    seen.push(`error:${String(error)}`);
  }
  return seen;
}

const sources: Record<string, () => LeanStreamSource> = {
  'chunks from start': () => ({ start: (c) => [1, 2, 3].forEach((n) => c.enqueue(n)) }),
  'chunks from start, then close': () => ({
    start(c) {
      c.enqueue('a');
      c.close();
    },
  }),
  'chunks from pull': () => {
    let n = 0;
    return { pull: (c) => (++n > 3 ? c.close() : c.enqueue(n)) };
  },
  'chunks from an asynchronous pull': () => {
    let n = 0;
    return {
      async pull(c) {
        await Promise.resolve();
        if (++n > 3) c.close();
        else c.enqueue(n);
      },
    };
  },
  'two chunks per pull': () => {
    let n = 0;
    return {
      pull(c) {
        c.enqueue(++n);
        c.enqueue(-n);
        if (n === 3) c.close();
      },
    };
  },
  'an error from start': () => ({ start: () => Promise.reject(new Error('no')) }),
  'an error from pull': () => ({
    pull() {
      throw new Error('no');
    },
  }),
  'an error after a chunk': () => ({
    start(c) {
      c.enqueue(1);
      setTimeout(() => c.error(new Error('late')), 1);
    },
  }),
};

describe('the lean ReadableStream', () => {
  it.each(Object.keys(sources).filter((name) => name !== 'chunks from start'))('gives what Node’s gives: %s', async (name) => {
    const expected = await read(nodeStream(sources[name]!()));
    expect(await read(new LeanReadableStream(sources[name]!()))).toEqual(expected);
  });

  it('pulls only when somebody reads or nothing is queued, like Node’s', async () => {
    const pulls = async (make: (source: LeanStreamSource) => { getReader(): { read(): Promise<unknown> } }) => {
      let n = 0;
      const stream = make({ pull: (c) => c.enqueue(++n) });
      await new Promise((resolve) => setTimeout(resolve, 5));
      const idle = n;
      await stream.getReader().read();
      await new Promise((resolve) => setTimeout(resolve, 5));
      return [idle, n];
    };
    expect(await pulls((source) => new LeanReadableStream(source))).toEqual(await pulls(nodeStream));
  });

  it('keeps the rules of locks and cancellation', async () => {
    for (const make of [(s: LeanStreamSource) => new LeanReadableStream(s), nodeStream]) {
      const cancelled: unknown[] = [];
      const stream = make({ cancel: (reason) => void cancelled.push(reason) });
      const reader = stream.getReader();
      expect(stream.locked).toBe(true);
      expect(() => stream.getReader()).toThrow(typeError);
      await expect(stream.cancel()).rejects.toEqual(typeError);
      await reader.cancel('enough');
      expect(cancelled).toEqual(['enough']);
      expect(await reader.read()).toEqual({ done: true, value: undefined });
      reader.releaseLock();
      expect(stream.locked).toBe(false);
      await expect(reader.read()).rejects.toEqual(typeError);
    }
  });

  it('refuses chunks after the end, and tells its room', () => {
    for (const make of [(s: LeanStreamSource) => new LeanReadableStream(s), nodeStream]) {
      const sizes: (number | null)[] = [];
      make({
        start(c) {
          sizes.push(c.desiredSize);
          c.enqueue(1);
          sizes.push(c.desiredSize);
          c.close();
          sizes.push(c.desiredSize);
          expect(() => c.enqueue(2)).toThrow(typeError);
          expect(() => c.close()).toThrow(typeError);
        },
      });
      expect(sizes).toEqual([1, 0, 0]);
    }
  });
});

describe('polyfills', () => {
  it('leave alone what is there', () => {
    const mine = {};
    const target: WebGlobals = { crypto: mine, ReadableStream: mine };
    installPolyfills(target);
    expect(target.crypto).toBe(mine);
    expect(target.ReadableStream).toBe(mine);
  });

  it('never add structuredClone', () => {
    expect(bare).not.toHaveProperty('structuredClone');
  });

  it('give random bytes and UUIDs of version 4 from Math.random alone', () => {
    const random = Math.random;
    try {
      Math.random = () => 0.5;
      expect([...bare.crypto!.getRandomValues(new Uint8Array(3))]).toEqual([128, 128, 128]);
      expect(bare.crypto!.randomUUID()).toBe('80808080-8080-4080-8080-808080808080');
    } finally {
      Math.random = random;
    }
    expect(bare.crypto!.randomUUID()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('know the signals of the host’s AbortController, and refuse its timers', () => {
    const Signal = bare.AbortSignal as typeof AbortSignal;
    const controller = new AbortController();
    expect(controller.signal instanceof Signal).toBe(true);
    expect({} instanceof Signal).toBe(false);
    const any = Signal.any([controller.signal]);
    controller.abort('why');
    expect([any.aborted, any.reason]).toEqual([true, 'why']);
    expect(() => Signal.timeout(1)).toThrow(/real timer/);
    expect(() => new Signal()).toThrow(TypeError);
  });

  it('run microtasks in order with promises', async () => {
    const order: number[] = [];
    bare.queueMicrotask!(() => order.push(1));
    await Promise.resolve().then(() => order.push(2));
    expect(order).toEqual([1, 2]);
  });
});
