import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '@holdfast/testing';
import { heapInUse } from './heap';

const MIB = 1024 * 1024;
/** Holds about ten MiB in its main thread and ten in a worker thread, and leaves garbage in both. */
const HOLDER = `
  const { Worker } = require('node:worker_threads');
  const work = \`
    globalThis.held = Array.from({ length: 10 * 8192 }, (_, i) => ({ i, a: [i, i, i, i, i, i] }));
    Array.from({ length: 200000 }, (_, i) => ({ i }));
    setInterval(() => {}, 1000);
  \`;
  new Worker(work, { eval: true }).on('online', () => setTimeout(() => console.log('READY'), 1000));
  eval(work);
`;

describe('heapInUse', () => {
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  it('counts what the main thread and the worker threads hold, and no garbage', async () => {
    const port = await freePort();
    child = spawn(process.execPath, [`--inspect-port=${port}`, '-e', HOLDER], { stdio: ['ignore', 'pipe', 'ignore'], env: { ...process.env, NODE_OPTIONS: '' } });
    await once(child.stdout!, 'data');
    const first = await heapInUse(child.pid!, port);
    expect(first / MIB).toBeGreaterThan(20);
    expect(first / MIB).toBeLessThan(60);
    expect(Math.abs((await heapInUse(child.pid!, port)) - first) / MIB).toBeLessThan(1);
  }, 60_000);
});
