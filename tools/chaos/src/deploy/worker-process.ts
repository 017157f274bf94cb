import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { CHECKOUT } from '@holdfast/testing';

/** What a worker of a build of ours is started with. */
export interface WorkerProcessOptions {
  /** The stack's settings of its worker. */
  readonly settings: Readonly<Record<string, string>>;
  readonly bundle: string;
}

/** A worker beside the stack's own, in a process that may be killed. It leaves it to others which build takes new runs. */
export class WorkerProcess {
  #child: ChildProcess | undefined;

  constructor(private readonly options: WorkerProcessOptions) {}

  /** Starts it; returns at once. */
  start(): void {
    const { settings, bundle } = this.options;
    this.#child = spawn(process.execPath, [join(CHECKOUT, 'apps/worker/dist/main.mjs')], {
      cwd: CHECKOUT,
      env: { PATH: process.env['PATH'], ...settings, HEALTH_PORT: '0', GRPC_PORT: '0', LOG_LEVEL: 'fatal', HOLDFAST_DEPLOY: 'manual', HOLDFAST_WORKFLOW_BUNDLE: bundle },
      stdio: 'ignore',
    });
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
}
