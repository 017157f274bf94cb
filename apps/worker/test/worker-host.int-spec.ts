import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { WorkerHost } from '../src/temporal/worker-host';
import { freeLoopbackPort } from '../src/temporal/sdk-metrics';
import { env, silent } from './support';

/** A way to Temporal that can be shut. */
class Gate {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  constructor(readonly port: number) {}

  async open(): Promise<void> {
    const [host = '', port = ''] = env('TEMPORAL_ADDRESS').split(':');
    this.#server = createServer((near) => {
      const far = connect(Number(port), host);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy()).on('close', () => (near.destroy(), far.destroy()));
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.port, '127.0.0.1', resolve));
  }

  async shut(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

async function until(state: 'ready' | 'away', host: WorkerHost, limitMs: number): Promise<void> {
  const begun = performance.now();
  for (;;) {
    const now = await host.check().then(() => 'ready', () => 'away');
    if (now === state) return;
    if (performance.now() - begun > limitMs) throw new Error(`not ${state} within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('WorkerHost', () => {
  it('comes up when Temporal does, tells within 5 s that it is away, and comes back', async () => {
    const gate = new Gate(await freeLoopbackPort());
    const host = new WorkerHost({
      address: `127.0.0.1:${gate.port}`,
      namespace: env('TEMPORAL_NAMESPACE'),
      log: silent,
      workerOptions: async () => ({ taskQueue: `int-${randomUUID()}`, activities: { default: async () => 'done' }, shutdownGraceTime: '100ms', shutdownForceTime: '3s' }),
      onHopeless: (error) => {
        throw error;
      },
    });
    host.start();
    await expect(host.check()).rejects.toThrow();
    await gate.open();
    try {
      await until('ready', host, 15_000);
      await gate.shut();
      await until('away', host, 5_000);
      await gate.open();
      await until('ready', host, 20_000);
    } finally {
      await host.stop();
      await gate.shut();
    }
  }, 60_000);

  it('stops while it still waits', async () => {
    const host = new WorkerHost({
      address: `127.0.0.1:${await freeLoopbackPort()}`,
      namespace: 'none',
      log: silent,
      workerOptions: async () => ({ taskQueue: 'none', activities: {} }),
      onHopeless: () => undefined,
    });
    host.start();
    await host.stop();
    await expect(host.check()).rejects.toThrow();
  });
});
