import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client } from '@temporalio/client';
import type { StackUnderTest } from '../stack-under-test';
import type { Sample, Subject } from '../subject';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 15_000;

/** A plain Temporal workflow with the same three calls as normal activities, on the stock SDK, in a worker of its own. */
export class PlainSubject implements Subject {
  readonly name = 'plain-temporal';
  #lastWorkflowId: string | undefined;

  private constructor(
    private readonly temporal: Client,
    private readonly taskQueue: string,
    private readonly worker: ChildProcess,
  ) {}

  /** Starts the worker process and waits until it polls. An abort kills it. */
  static async start(stack: StackUnderTest, temporal: Client, signal: AbortSignal): Promise<PlainSubject> {
    const taskQueue = `bench-plain-${process.pid}`;
    const script = join(import.meta.dirname, 'plain-worker.mjs');
    const worker = spawn(process.execPath, [script], {
      env: {
        ...process.env,
        PLAIN_TASK_QUEUE: taskQueue,
        TEMPORAL_ADDRESS: stack.temporalAddress,
        TOOL_ROUTER_ADDRESS: stack.routerAddress,
        HOLDFAST_INTERNAL_SECRET: stack.internalSecret,
        PLAIN_TENANT_ID: stack.tenantId,
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
    return new PlainSubject(temporal, taskQueue, worker);
  }

  get pid(): number {
    return this.worker.pid ?? 0;
  }

  async run(index: number): Promise<Sample> {
    const workflowId = `${this.taskQueue}-${index}-${performance.now()}`;
    const start = performance.now();
    const results: unknown = await this.temporal.workflow.execute('threeCalls', { taskQueue: this.taskQueue, workflowId, args: [`#${index}`] });
    const latencyMs = performance.now() - start;
    this.#lastWorkflowId = workflowId;
    if (!Array.isArray(results) || results.length !== 3 || !results.every((text) => String(text).includes(`#${index}`))) {
      throw new Error(`plain run ${index} answered ${JSON.stringify(results)}`);
    }
    return { latencyMs };
  }

  async historyBytes(): Promise<number> {
    if (this.#lastWorkflowId === undefined) throw new Error('no run yet');
    return (await this.temporal.workflow.getHandle(this.#lastWorkflowId).describe()).historySize ?? 0;
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
