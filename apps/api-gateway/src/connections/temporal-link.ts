import { Client, Connection } from '@temporalio/client';
import { HoldfastError } from '@holdfast/contracts/errors';
import { CronSchedules, ThreadClient } from '@holdfast/agent-runtime/client';
import { WorkerDeployments } from '@holdfast/agent-runtime/deployments';
import { BackgroundConnector, type DependencyCheck, type LogSink } from '@holdfast/nest-kit';

/** Options of {@link TemporalLink}. */
export interface TemporalLinkSettings {
  /** host:port of the frontend */
  readonly address: string;
  readonly namespace: string;
  readonly log: LogSink;
}

interface Opened {
  readonly connection: Connection;
  readonly threads: ThreadClient;
  readonly crons: CronSchedules;
  readonly deployments: WorkerDeployments;
}

const CONNECT_TIMEOUT_MS = 5_000;
const PROBE_TIMEOUT_MS = 900;

/** The process's connection to Temporal, made in the background; gRPC repairs it by itself afterwards. */
export class TemporalLink implements DependencyCheck {
  readonly name = 'temporal';
  readonly #connector: BackgroundConnector<Opened>;

  constructor(settings: TemporalLinkSettings) {
    this.#connector = new BackgroundConnector<Opened>({
      name: this.name,
      log: settings.log,
      connect: async (signal) => {
        const connection = Connection.lazy({ address: settings.address, connectTimeout: CONNECT_TIMEOUT_MS });
        try {
          await abortable(connection.ensureConnected(), signal);
        } catch (error) {
          // A failed attempt must not leave its channel behind.
          await connection.close().catch(() => undefined);
          throw error;
        }
        const { namespace } = settings;
        const client = new Client({ connection, namespace });
        return {
          connection,
          threads: new ThreadClient(client),
          crons: new CronSchedules(client),
          deployments: new WorkerDeployments(connection, { namespace, identity: `holdfast-gateway-${process.pid}` }),
        };
      },
      disconnect: ({ connection }) => connection.close(),
      probe: async ({ connection }) => {
        await connection.withDeadline(Date.now() + PROBE_TIMEOUT_MS, () => connection.workflowService.getSystemInfo({}));
      },
    });
  }

  /** Begins connecting and returns at once. */
  start(): void {
    this.#connector.start();
  }

  /** Readiness. */
  check(): Promise<void> {
    return this.#connector.check();
  }

  /**
   * The way to thread workflows.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE while there has been no connection yet
   */
  threads(): ThreadClient {
    return this.#opened().threads;
  }

  /**
   * The schedules of crons.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE while there has been no connection yet
   */
  crons(): CronSchedules {
    return this.#opened().crons;
  }

  /**
   * Which build takes which runs.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE while there has been no connection yet
   */
  deployments(): WorkerDeployments {
    return this.#opened().deployments;
  }

  /** Closes the connection. */
  stop(): Promise<void> {
    return this.#connector.stop();
  }

  #opened(): Opened {
    const opened = this.#connector.get();
    if (opened === undefined) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'Temporal cannot be reached.', { retryAfterMs: 1_000 });
    return opened;
  }
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}
