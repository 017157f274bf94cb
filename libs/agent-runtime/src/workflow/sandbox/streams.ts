/**
 * The part of WHATWG ReadableStream that LangChain and LangGraph use (start, pull, cancel, getReader, enqueue, close, error).
 * Written here instead of taken from a polyfill package because each stream chunk of a full implementation costs several promises,
 * and promises are what a workflow sandbox is slow at.
 */

interface Waiter {
  readonly resolve: (result: ReadResult) => void;
  readonly reject: (reason: unknown) => void;
}

interface ReadResult {
  readonly done: boolean;
  readonly value: unknown;
}

/** What a source may do with its stream. */
export interface LeanStreamController {
  readonly desiredSize: number | null;
  enqueue(value: unknown): void;
  close(): void;
  error(reason: unknown): void;
}

/** Where the chunks come from. */
export interface LeanStreamSource {
  start?(controller: LeanStreamController): unknown;
  pull?(controller: LeanStreamController): unknown;
  cancel?(reason: unknown): unknown;
}

/** Continues at once after a plain value: waiting for one would cost a microtask per chunk. */
function after(result: unknown, ok: () => void, failed: (reason: unknown) => void): void {
  if (isThenable(result)) result.then(ok, failed);
  else ok();
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

/** A readable stream with a high-water mark of 1. */
export class LeanReadableStream {
  locked = false;
  private readonly queue: unknown[] = [];
  private readonly waiters: Waiter[] = [];
  private state: 'open' | 'closed' | 'errored' = 'open';
  private failure: unknown;
  private started = false;
  private pulling = false;
  private pullAgain = false;
  private readonly controller: LeanStreamController;

  constructor(private readonly source: LeanStreamSource = {}) {
    this.controller = this.makeController();
    after(
      source.start?.(this.controller),
      () => {
        this.started = true;
        this.pull();
      },
      this.controller.error,
    );
  }

  /** @throws TypeError (rejection) when a reader holds the stream. */
  cancel(reason?: unknown): Promise<void> {
    return this.locked ? Promise.reject(new TypeError('stream is locked')) : this.stop(reason);
  }

  /** @throws TypeError when another reader holds the stream. */
  getReader() {
    if (this.locked) throw new TypeError('ReadableStream is locked');
    this.locked = true;
    let held = true;
    return {
      read: (): Promise<ReadResult> => (held ? this.read() : Promise.reject(new TypeError('reader was released'))),
      releaseLock: (): void => {
        if (held) this.locked = held = false;
      },
      cancel: (reason?: unknown): Promise<void> => this.stop(reason),
    };
  }

  private read(): Promise<ReadResult> {
    if (this.queue.length > 0) {
      const value = this.queue.shift();
      this.pull();
      return Promise.resolve({ done: false, value });
    }
    if (this.state === 'closed') return Promise.resolve({ done: true, value: undefined });
    if (this.state === 'errored') return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      this.pull();
    });
  }

  private makeController(): LeanStreamController {
    const sizeOf = (): number | null => {
      if (this.state === 'errored') return null;
      return this.state === 'closed' ? 0 : 1 - this.queue.length;
    };
    return {
      get desiredSize() {
        return sizeOf();
      },
      enqueue: (value) => {
        if (this.state !== 'open') throw new TypeError('Cannot enqueue: stream is not open');
        const waiter = this.waiters.shift();
        if (waiter === undefined) this.queue.push(value);
        else waiter.resolve({ done: false, value });
        this.pull();
      },
      close: () => {
        if (this.state !== 'open') throw new TypeError('Cannot close: stream is not open');
        this.finish();
      },
      error: (reason) => {
        if (this.state !== 'open') return;
        this.state = 'errored';
        this.failure = reason;
        this.queue.length = 0;
        for (const waiter of this.waiters.splice(0)) waiter.reject(reason);
      },
    };
  }

  private finish(): void {
    this.state = 'closed';
    for (const waiter of this.waiters.splice(0)) waiter.resolve({ done: true, value: undefined });
  }

  private pull(): void {
    if (!this.started || this.state !== 'open' || this.source.pull === undefined) return;
    if (this.waiters.length === 0 && this.queue.length > 0) return;
    if (this.pulling) {
      this.pullAgain = true;
      return;
    }
    this.pulling = true;
    let pulled: unknown;
    try {
      pulled = this.source.pull(this.controller);
    } catch (error) {
      this.controller.error(error);
      return;
    }
    after(
      pulled,
      () => {
        this.pulling = false;
        if (!this.pullAgain) return;
        this.pullAgain = false;
        this.pull();
      },
      this.controller.error,
    );
  }

  private async stop(reason: unknown): Promise<void> {
    if (this.state === 'errored') throw this.failure;
    if (this.state === 'closed') return;
    this.queue.length = 0;
    this.finish();
    await this.source.cancel?.(reason);
  }
}

/** Stands for stream kinds that nothing in a graph run needs; fails with a clear message instead of "undefined is not a constructor". */
export class UnsupportedStream {
  constructor() {
    throw new Error('TransformStream and WritableStream are not available in workflows');
  }
}
