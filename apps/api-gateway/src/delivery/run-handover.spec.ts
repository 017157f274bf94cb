import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { HoldfastError } from '@holdfast/contracts/errors';
import { RunStarterClient } from '@holdfast/rpc/client';
import { systemContext } from '@holdfast/tenant-context';
import { RunHandover } from './run-handover';

const secret = 'a secret of sufficient length';
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const ctx = systemContext(randomUUID(), 'test', 'r', traceparent);
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const config = { THREAD_LINGER_MS: 0 };
const aRun = () => ({ threadId: randomUUID(), runId: randomUUID(), graphId: 'g' });

/** What the gateway delivers by itself. */
function ownWay() {
  const delivered: object[] = [];
  const deliver = async (_: object, run: object) => (delivered.push(run), { workflowId: 'w', way: 'started' as const });
  return { delivered, temporal: { threads: () => ({ deliver }) as never } };
}

it('delivers by itself where no worker is configured, none is there, or one refuses', async () => {
  const { delivered, temporal } = ownWay();
  const away = new RunStarterClient({ address: '127.0.0.1:9', secret });
  const refusing = { deliver: () => Promise.reject(new Error('any')) };
  const runs = [aRun(), aRun(), aRun()];
  try {
    for (const [i, workers] of [undefined, away, refusing].entries()) await new RunHandover(workers, temporal, log, config).handOver(ctx, runs[i]!);
  } finally {
    away.close();
  }
  expect(delivered).toEqual(runs.map((run) => ({ ...run, traceparent, lingers: false, deliveryId: expect.any(String) })));
});

it('repeats the attempt of a worker that may have made it, under its id', async () => {
  const { delivered, temporal } = ownWay();
  const asked: object[] = [];
  const slow = { deliver: (_: object, run: object) => (asked.push(run), Promise.reject(new HoldfastError('DEADLINE_EXCEEDED', 'late'))) };
  await new RunHandover(slow, temporal, log, config).handOver(ctx, aRun());
  expect(delivered).toEqual([{ ...asked[0], traceparent, lingers: false }]);
});

it('does not deliver what a worker has taken', async () => {
  const { delivered, temporal } = ownWay();
  await new RunHandover({ deliver: async () => 'eager' }, temporal, log, config).handOver(ctx, aRun());
  expect(delivered).toEqual([]);
});

it('waits two seconds for a worker that hangs, and then leaves workers alone for some seconds', async () => {
  const sockets: Socket[] = [];
  const hanging = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  const workers = new RunStarterClient({ address: `127.0.0.1:${(hanging.address() as AddressInfo).port}`, secret });
  const { delivered, temporal } = ownWay();
  const handover = new RunHandover(workers, temporal, log, config);
  try {
    const begun = performance.now();
    await handover.handOver(ctx, aRun());
    const first = performance.now() - begun;
    expect(first).toBeGreaterThan(1_900);
    for (let i = 0; i < 20; i += 1) await handover.handOver(ctx, aRun());
    expect(performance.now() - begun - first).toBeLessThan(500);
    expect(delivered).toHaveLength(21);
  } finally {
    workers.close();
    for (const socket of sockets) socket.destroy();
    hanging.close();
  }
});

it('tells the workflow of a thread in conversation by itself, and asks workers for the others', async () => {
  const { delivered, temporal } = ownWay();
  const asked: object[] = [];
  const handover = new RunHandover({ deliver: async (_, run) => (asked.push(run), 'eager') }, temporal, log, { THREAD_LINGER_MS: 7 });
  const { threadId } = aRun();
  const turns = [aRun(), aRun(), aRun()].map((run) => ({ ...run, threadId }));
  for (const turn of turns) await handover.handOver(ctx, turn);
  const deliveryId: unknown = expect.any(String);
  expect(asked).toEqual([{ ...turns[0], deliveryId }, { ...turns[1], deliveryId, lingerMs: 7 }]);
  expect(delivered).toEqual([{ ...turns[2], deliveryId, lingerMs: 7, lingers: true, traceparent }]);
});
