import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { freePort } from '@holdfast/testing';
import type { StackUnderTest } from '../stack-under-test';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;

/** The process of a worker on the stock SDK, whose workflows make the same calls as normal activities. */
export class PlainWorker {
  private constructor(
    readonly taskQueue: string,
    private readonly worker: ChildProcess,
    /** Where its inspector would listen; see heap.ts. */
    readonly inspectPort: number,
  ) {}

  /** Starts the worker process and waits until it polls. An abort kills it. */
  static async start(stack: StackUnderTest, signal: AbortSignal): Promise<PlainWorker> {
    const taskQueue = `bench-plain-${process.pid}`;
    const script = join(import.meta.dirname, 'plain-worker.mjs');
    const inspectPort = await freePort();
    const worker = spawn(process.execPath, [`--inspect-port=${inspectPort}`, script], {
      env: {
        ...process.env,
        PLAIN_TASK_QUEUE: taskQueue,
        TEMPORAL_ADDRESS: stack.temporalAddress,
        TOOL_ROUTER_ADDRESS: stack.routerAddress,
        HOLDFAST_INTERNAL_SECRET: stack.internalSecret,
        PLAIN_TENANT_ID: stack.tenantId,
        ...(stack.modelUrl === undefined ? {} : { PLAIN_MODEL_URL: stack.modelUrl }),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
      signal,
      killSignal: 'SIGKILL',
    });
    const ready = new Promise<void>((resolve, reject) => {
      worker.stdout?.on('data', (data: Buffer) => (data.includes('READY') ? resolve() : undefined));
      worker.on('error', reject);
      worker.once('exit', (code) => reject(new Error(`the plain worker ended with ${code}`)));
      AbortSignal.timeout(START_DEADLINE_MS).addEventListener('abort', () => reject(new Error('the plain worker did not start in time')));
    });
    try {
      await ready;
    } catch (error) {
      worker.kill('SIGKILL');
      throw error;
    }
    return new PlainWorker(taskQueue, worker, inspectPort);
  }

  get pid(): number {
    return this.worker.pid ?? 0;
  }

  async stop(): Promise<void> {
    if (this.worker.exitCode !== null || this.worker.signalCode !== null) return;
    const gone = once(this.worker, 'exit');
    this.worker.kill('SIGTERM');
    const timer = setTimeout(() => this.worker.kill('SIGKILL'), STOP_DEADLINE_MS);
    await gone;
    clearTimeout(timer);
  }
}
