import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** Longest until the inspector of a process listens, and longest for one of its answers; milliseconds. */
const DEADLINE_MS = 15_000;
const POLL_MS = 100;

const targets = z.array(z.object({ webSocketDebuggerUrl: z.string() })).min(1);
const usage = z.object({ usedSize: z.number() });
const message = z.object({
  id: z.number().optional(),
  method: z.string().optional(),
  params: z.object({ sessionId: z.string(), message: z.string().optional() }).partial().optional(),
  result: z.unknown().optional(),
  error: z.object({ message: z.string() }).optional(),
});

/**
 * Heap in use by the threads of a Node process after a full collection, bytes: what is held, no garbage. Opens the process's inspector, which stays open.
 * @param inspectPort what the process was started with as `--inspect-port`
 * @throws Error when the inspector does not answer in time
 */
export async function heapInUse(pid: number, inspectPort: number): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  const inspector = await Inspector.open(inspectPort);
  try {
    await inspector.attachWorkers();
    let sum = 0;
    for (const thread of inspector.threads) {
      await inspector.ask(thread, 'HeapProfiler.collectGarbage');
      sum += usage.parse(await inspector.ask(thread, 'Runtime.getHeapUsage')).usedSize;
    }
    return sum;
  } finally {
    inspector.close();
  }
}

/** The Chrome DevTools Protocol of a process and, by its domain `NodeWorker`, of its worker threads. */
class Inspector {
  /** Sessions of worker threads, in front of them the main thread's. */
  readonly threads: (string | undefined)[] = [undefined];
  private readonly open = new Map<number, (answer: z.infer<typeof message>) => void>();
  private lastId = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.addEventListener('message', ({ data }) => this.take(message.parse(JSON.parse(String(data)))));
  }

  static async open(port: number): Promise<Inspector> {
    const socket = new WebSocket(await addressOf(port));
    await new Promise<void>((done, fail) => {
      socket.addEventListener('open', () => done(), { once: true });
      socket.addEventListener('error', () => fail(new Error(`the inspector on port ${port} refuses`)), { once: true });
    });
    return new Inspector(socket);
  }

  /** Resolves when all worker threads that live are in {@link threads}: the domain tells of them before it answers. */
  async attachWorkers(): Promise<void> {
    await this.ask(undefined, 'NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  async ask(thread: string | undefined, method: string, params: object = {}): Promise<unknown> {
    const id = (this.lastId += 1);
    const answered = new Promise<z.infer<typeof message>>((done) => this.open.set(id, done));
    const request = JSON.stringify({ id, method, params });
    // of the envelope's own answer nothing is needed: the thread's comes as an event
    const sent = { id: (this.lastId += 1), method: 'NodeWorker.sendMessageToWorker', params: { sessionId: thread, message: request } };
    this.socket.send(thread === undefined ? request : JSON.stringify(sent));
    const late = sleep(DEADLINE_MS, undefined, { ref: false }).then(() => Promise.reject(new Error(`${method}: no answer within ${DEADLINE_MS} ms`)));
    const { result, error } = await Promise.race([answered, late]);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  close(): void {
    this.socket.close();
  }

  private take({ id, method, params, result, error }: z.infer<typeof message>): void {
    if (method === 'NodeWorker.attachedToWorker') this.threads.push(params?.sessionId);
    else if (method === 'NodeWorker.receivedMessageFromWorker') this.take(message.parse(JSON.parse(params?.message ?? '{}')));
    else if (id !== undefined) {
      this.open.get(id)?.({ id, result, error });
      this.open.delete(id);
    }
  }
}

/** Where the inspector takes a socket, as soon as it listens. */
async function addressOf(port: number): Promise<string> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    try {
      const response = await fetch(`http://127.0.0.1:${port}/json/list`, { signal: deadline });
      return targets.parse(await response.json())[0]!.webSocketDebuggerUrl;
    } catch (error) {
      if (deadline.aborted) throw new Error(`no inspector listens on port ${port}`, { cause: error });
      await sleep(POLL_MS);
    }
  }
}
