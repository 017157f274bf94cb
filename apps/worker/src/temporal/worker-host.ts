import type { DependencyCheck, LogSink } from '@holdfast/nest-kit';
import { retryDelay } from '@holdfast/nest-kit/connector';
import { Client } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';

/** Options of {@link WorkerHost}. */
export interface WorkerHostOptions {
  /** `host:port` of Temporal's frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Everything of the worker but its connection; asked for once per (re)start. */
  workerOptions(): Promise<Omit<WorkerOptions, 'connection' | 'namespace'>>;
  /** Goes on beside the running worker until the signal fires; must not throw. */
  whileRunning?(connection: NativeConnection, signal: AbortSignal): Promise<void>;
  readonly log: LogSink;
  /** Called when the native worker has failed too often: the process is no use any more. */
  onHopeless(error: unknown): void;
}

/** Failures of a running worker that are repaired within {@link FAILURE_WINDOW_MS} before the process gives itself up. */
export const MAX_FAILURES = 5;
/** See {@link MAX_FAILURES}. Milliseconds. */
export const FAILURE_WINDOW_MS = 5 * 60_000;

const PAUSE = { firstMs: 200, longestMs: 5_000 };
const PROBE_TIMEOUT_MS = 900;

/**
 * Runs the Temporal worker for ever: connects in the background (also when the server or the namespace is not there yet), starts the
 * worker again when its native part fails, and drains it at the end.
 */
export class WorkerHost implements DependencyCheck {
  readonly name = 'temporal';
  readonly #stopping = new AbortController();
  #worker: Worker | undefined;
  #connection: NativeConnection | undefined;
  #client: Client | undefined;
  #loop: Promise<void> | undefined;
  #lastError: unknown;
  #failures: number[] = [];

  constructor(private readonly options: WorkerHostOptions) {}

  /** Begins; returns at once. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Readiness: the worker polls, and the server answers. */
  async check(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || this.#worker?.getState() !== 'RUNNING') {
      throw Object.assign(new Error('the worker is not running yet', { cause: this.#lastError }), { code: 'connecting' });
    }
    await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, () => connection.workflowService.getSystemInfo({}));
  }

  /** A client over the running worker's own connection, so that what it starts can begin here; undefined while no worker takes work. */
  get client(): Client | undefined {
    return this.#worker?.getState() === 'RUNNING' ? this.#client : undefined;
  }

  /** Takes no new work, lets calls under way finish within the worker's grace, closes the connection. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#worker?.getState() === 'RUNNING') this.#worker.shutdown();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    let told = false;
    for (let attempt = 1; !signal.aborted; attempt++) {
      try {
        await this.#startWorker();
        if (signal.aborted) this.#worker?.shutdown();
      } catch (error) {
        this.#lastError = error;
        if (!told) this.options.log.warn({ dependency: this.name, reason: messageOf(error) }, `the temporal worker cannot start yet: ${messageOf(error)}`);
        told = true;
        await this.#close();
        await retryDelay(attempt, PAUSE, signal);
        continue;
      }
      attempt = 0;
      told = false;
      await this.#runWorker();
    }
  }

  async #startWorker(): Promise<void> {
    const { address, namespace, log } = this.options;
    const { plugins = [], ...workerOptions } = await this.options.workerOptions();
    // Server and worker are neighbours: compressing costs both more CPU than it saves. Plugins of the connection are those of worker and client.
    this.#connection = await NativeConnection.connect({ address, grpcCompression: { codec: 'none' }, plugins });
    this.#worker = await Worker.create({ ...workerOptions, connection: this.#connection, namespace });
    this.#client = new Client({ connection: this.#connection, namespace, identity: workerOptions.identity ?? this.name });
    this.#lastError = undefined;
    const { taskQueue, maxCachedWorkflows } = workerOptions;
    log.info({ dependency: this.name, address, namespace, taskQueue, maxCachedWorkflows }, 'the temporal worker is running');
  }

  async #runWorker(): Promise<void> {
    const ended = new AbortController();
    const beside = this.#connection === undefined ? undefined : this.options.whileRunning?.(this.#connection, ended.signal);
    try {
      await this.#worker?.run();
    } catch (error) {
      this.#lastError = error;
      if (this.#stopping.signal.aborted) this.options.log.warn({ reason: messageOf(error) }, 'the temporal worker did not drain in time');
      else this.#noteFailure(error);
    } finally {
      ended.abort();
      await beside;
      await this.#close();
    }
  }

  #noteFailure(error: unknown): void {
    const now = Date.now();
    this.#failures = [...this.#failures.filter((at) => now - at < FAILURE_WINDOW_MS), now];
    this.options.log.error({ err: error, failures: this.#failures.length }, 'the temporal worker failed; starting it again');
    if (this.#failures.length >= MAX_FAILURES) this.options.onHopeless(error);
  }

  async #close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#worker = undefined;
    this.#client = undefined;
    try {
      await connection?.close();
    } catch (error) {
      this.options.log.debug({ err: error }, 'closing the connection to temporal failed');
    }
  }
}

/** The native client's messages are Rust structures; the operating system's text in them is what a person understands. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /message: "([^"]+)"/.exec(text)?.[1] ?? text;
}
