import { connect, type NatsConnection } from '@nats-io/transport-node';
import { BackgroundConnector, pauseFor, type DependencyCheck, type LogSink } from '@holdfast/nest-kit/connector';

/** Options of {@link NatsLink}. */
export interface NatsLinkSettings {
  /** `nats://host:port`, several separated by commas. May carry user and password. */
  readonly url: string;
  /** Name of this client in the server's monitoring. */
  readonly clientName: string;
  readonly log: LogSink;
}

const RECONNECT_PAUSE = { firstMs: 50, longestMs: 2000 };
const CONNECT_TIMEOUT_MS = 5000;
// A frozen server is noticed after two unanswered pings.
const PING_INTERVAL_MS = 5000;
const PROBE_TIMEOUT_MS = 900;

/**
 * The process's one connection to NATS: made in the background, repaired for ever with jittered back-off. All classes of this
 * library share it, which also gives publishes of one process one order.
 */
export class NatsLink implements DependencyCheck {
  readonly name = 'nats';
  private readonly connector: BackgroundConnector<NatsConnection>;
  private readonly log: LogSink;
  private readonly upListeners = new Set<(connection: NatsConnection) => void>();
  private readonly downListeners = new Set<() => void>();
  private up = false;
  private failures = 0;

  constructor(settings: NatsLinkSettings) {
    this.log = settings.log;
    this.connector = new BackgroundConnector<NatsConnection>({
      name: 'nats',
      log: settings.log,
      attemptTimeoutMs: CONNECT_TIMEOUT_MS + 1000,
      pause: { firstMs: 100, longestMs: 3000 },
      connect: () =>
        connect({
          servers: settings.url.split(','),
          name: settings.clientName,
          timeout: CONNECT_TIMEOUT_MS,
          maxReconnectAttempts: -1,
          ignoreAuthErrorAbort: true,
          reconnectDelayHandler: () => pauseFor((this.failures += 1), RECONNECT_PAUSE),
          pingInterval: PING_INTERVAL_MS,
          maxPingOut: 2,
          noAsyncTraces: true,
        }),
      disconnect: (connection) => connection.close(),
    });
  }

  /** Begins connecting and returns at once. */
  start(): void {
    this.connector.start();
    this.connector.whenConnected().then(
      (connection) => this.watch(connection),
      () => undefined, // stopped before it was ever connected
    );
  }

  /** True while a server answers. False means: publishing now would only fill a buffer. */
  get isUp(): boolean {
    return this.up;
  }

  /** The live connection; undefined while there is none. */
  get connection(): NatsConnection | undefined {
    return this.up ? this.connector.get() : undefined;
  }

  /** Calls the listener at every (re)connection, and at once when connected. Returns how to stop that. */
  onUp(listener: (connection: NatsConnection) => void): () => void {
    this.upListeners.add(listener);
    const { connection } = this;
    if (connection !== undefined) listener(connection);
    return () => this.upListeners.delete(listener);
  }

  /** Calls the listener whenever the connection is lost. Returns how to stop that. */
  onDown(listener: () => void): () => void {
    this.downListeners.add(listener);
    return () => this.downListeners.delete(listener);
  }

  /** Waits for a live connection. Rejects when the signal fires or the link stops. */
  async whenUp(signal: AbortSignal): Promise<NatsConnection> {
    const existing = await this.connector.whenConnected(signal);
    if (this.up) return existing;
    return new Promise<NatsConnection>((resolve, reject) => {
      const finish = (act: () => void): void => {
        stop();
        signal.removeEventListener('abort', onAbort);
        act();
      };
      const onAbort = (): void => finish(() => reject(signal.reason as Error));
      const stop = this.onUp((connection) => queueMicrotask(() => finish(() => resolve(connection))));
      signal.addEventListener('abort', onAbort, { once: true });
      if (signal.aborted) onAbort();
    });
  }

  /** Readiness: a round trip to the server. */
  async check(): Promise<void> {
    await this.connector.check();
    const connection = this.connection;
    if (connection === undefined) throw Object.assign(new Error('not connected'), { code: 'disconnected' });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(Object.assign(new Error('no answer to a ping'), { code: 'timeout' })), PROBE_TIMEOUT_MS);
    });
    await Promise.race([connection.rtt(), late]).finally(() => clearTimeout(timer));
  }

  /** Sends what is buffered (for at most a second) and closes. */
  async stop(): Promise<void> {
    const { connection } = this;
    if (connection !== undefined) {
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, 1000)));
      await Promise.race([connection.flush().catch(() => undefined), limit]).finally(() => clearTimeout(timer));
    }
    this.up = false;
    await this.connector.stop();
  }

  private watch(connection: NatsConnection): void {
    this.goUp(connection);
    void (async () => {
      for await (const status of connection.status()) {
        if (status.type === 'disconnect') this.goDown();
        else if (status.type === 'reconnect') this.goUp(connection);
        else if (status.type === 'error') this.log.warn({ err: status.error }, 'nats reported an error');
        else if (status.type === 'ldm') this.log.info({ server: status.server }, 'nats server is going away: reconnecting');
      }
    })();
    void connection.closed().then((error) => {
      this.goDown();
      // Only a close that we did not ask for reaches the connector as a loss.
      if (this.connector.state === 'stopped' || this.connector.get() !== connection) return;
      this.connector.lost(error ?? new Error('closed'));
      this.connector.whenConnected().then(
        (next) => this.watch(next),
        () => undefined,
      );
    });
  }

  private goUp(connection: NatsConnection): void {
    this.failures = 0;
    if (this.up) return;
    this.up = true;
    this.log.info({ server: connection.getServer() }, 'nats is up');
    for (const listener of [...this.upListeners]) listener(connection);
  }

  private goDown(): void {
    if (!this.up) return;
    this.up = false;
    this.log.warn({}, 'nats is down: reconnecting');
    for (const listener of [...this.downListeners]) listener();
  }
}
