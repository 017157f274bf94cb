import type { DependencyCheck } from '../health/dependency-check';
import type { LogSink } from '../logging/logger';
import { retryDelay } from './retry-delay';

/** Options of {@link BackgroundConnector}. */
export interface ConnectorSettings<T> {
  /** Name of the dependency, such as `postgresql`. */
  readonly name: string;
  /** One attempt. Gets a signal that fires when the attempt has run out of time or the connector stops. */
  connect(signal: AbortSignal): Promise<T>;
  /** Closes what {@link connect} made; called once per connection, by {@link BackgroundConnector.stop} or after a loss. */
  disconnect?(connection: T): Promise<void>;
  /** Says whether an existing connection works; for readiness. Without it a connection counts as working until it is lost. */
  probe?(connection: T): Promise<void>;
  readonly log: LogSink;
  /** Longest time of one attempt, in ms. Default 10000. */
  readonly attemptTimeoutMs?: number;
  /** First and longest pause between attempts, in ms. Default 200 and 5000. */
  readonly pause?: { readonly firstMs: number; readonly longestMs: number };
}

/** Where a {@link BackgroundConnector} stands. */
export type ConnectorState = 'idle' | 'connecting' | 'connected' | 'stopped';

// One line per outage and one a minute while it lasts: enough to see, too little to fill a disk.
const REPEAT_LOG_MS = 60_000;

/**
 * Connects in the background and for ever, so that an app listens at once and becomes ready when its dependency comes.
 * Holds at most one connection.
 */
export class BackgroundConnector<T> implements DependencyCheck {
  readonly name: string;
  private readonly stopping = new AbortController();
  private connection: T | undefined;
  private lastError: unknown;
  private waiters: { resolve: (connection: T) => void; reject: (reason: unknown) => void }[] = [];
  private loop: Promise<void> | undefined;
  private current: ConnectorState = 'idle';

  constructor(private readonly settings: ConnectorSettings<T>) {
    this.name = settings.name;
  }

  /** See {@link ConnectorState}. */
  get state(): ConnectorState {
    return this.current;
  }

  /** Begins connecting; returns at once. A second call does nothing. */
  start(): void {
    if (this.current === 'idle') this.loop = this.run();
  }

  /** The connection, or undefined while there is none. */
  get(): T | undefined {
    return this.connection;
  }

  /** Waits for the connection. Rejects when the signal fires or the connector stops. */
  async whenConnected(signal?: AbortSignal): Promise<T> {
    if (this.connection !== undefined) return this.connection;
    signal?.throwIfAborted();
    this.stopping.signal.throwIfAborted();
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      const done = (): void => signal?.removeEventListener('abort', onAbort);
      this.waiters.push({
        resolve: (connection) => (done(), resolve(connection)),
        reject: (reason) => (done(), reject(reason as Error)),
      });
    });
  }

  /** Reports that the connection is gone for good (one that repairs itself needs no report); connecting begins anew. */
  lost(error: unknown): void {
    const { connection } = this;
    if (connection === undefined || this.current === 'stopped') return;
    this.connection = undefined;
    this.lastError = error;
    this.settings.log.warn({ dependency: this.name, err: error }, `${this.name}: connection lost`);
    void this.discard(connection);
    this.loop = this.run();
  }

  /** Readiness: connected, and the probe answers. */
  async check(): Promise<void> {
    if (this.connection === undefined) throw asError(this.lastError ?? Object.assign(new Error('not connected yet'), { code: 'connecting' }));
    await this.settings.probe?.(this.connection);
  }

  /** Ends the attempts and closes the connection. */
  async stop(): Promise<void> {
    if (this.current === 'stopped') return;
    this.current = 'stopped';
    this.stopping.abort(new Error(`${this.name}: stopped`));
    for (const waiter of this.waiters.splice(0)) waiter.reject(this.stopping.signal.reason);
    await this.loop;
    const { connection } = this;
    this.connection = undefined;
    if (connection !== undefined) await this.discard(connection);
  }

  private async run(): Promise<void> {
    this.current = 'connecting';
    const begun = performance.now();
    let loggedAt = -Infinity;
    for (let attempt = 1; !this.stopping.signal.aborted; attempt += 1) {
      try {
        this.accept(await this.attempt(), Math.round(performance.now() - begun), attempt);
        return;
      } catch (error) {
        this.lastError = error;
        if (this.stopping.signal.aborted) return;
        if (performance.now() - loggedAt >= REPEAT_LOG_MS) {
          loggedAt = performance.now();
          this.settings.log.warn({ dependency: this.name, attempt, reason: describe(error) }, `waiting for ${this.name}: ${describe(error)}`);
        }
        await retryDelay(attempt, this.settings.pause ?? { firstMs: 200, longestMs: 5000 }, this.stopping.signal);
      }
    }
  }

  private async attempt(): Promise<T> {
    const limit = AbortSignal.timeout(this.settings.attemptTimeoutMs ?? 10_000);
    const signal = AbortSignal.any([limit, this.stopping.signal]);
    const pending = this.settings.connect(signal);
    let abandon: (() => void) | undefined;
    const aborted = new Promise<never>((_, reject) => {
      abandon = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', abandon, { once: true });
    });
    try {
      return await Promise.race([pending, aborted]);
    } catch (error) {
      // A connection that comes after its time must not leak.
      pending.then((late) => this.discard(late)).catch(() => undefined);
      throw error;
    } finally {
      if (abandon !== undefined) signal.removeEventListener('abort', abandon);
    }
  }

  private accept(connection: T, tookMs: number, attempt: number): void {
    this.connection = connection;
    this.lastError = undefined;
    if (this.current === 'connecting') this.current = 'connected';
    this.settings.log.info({ dependency: this.name, attempt, took_ms: tookMs }, `connected to ${this.name}`);
    for (const waiter of this.waiters.splice(0)) waiter.resolve(connection);
  }

  private async discard(connection: T): Promise<void> {
    try {
      await this.settings.disconnect?.(connection);
    } catch (error) {
      this.settings.log.debug({ dependency: this.name, err: error }, `${this.name}: closing failed`);
    }
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node joins the failures of several addresses in an AggregateError with an empty message.
  const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : undefined;
  return inner?.message ?? (error.message || (error as NodeJS.ErrnoException).code || error.name);
}
