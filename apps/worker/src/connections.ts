import { NatsLink, NoticeBus, TokenPublisher } from '@holdfast/event-bus';
import type { LogSink } from '@holdfast/nest-kit';
import { gauge } from '@holdfast/nest-kit/metrics';
import { currentTraceparent } from '@holdfast/nest-kit/tracing';
import { createDatabase, type Database } from '@holdfast/persistence';
import { ToolRouterClient } from '@holdfast/rpc/client';
import type { WorkerConfig } from './config';

const ROUTER_PROBE_MS = 200;

/** The worker's connections besides Temporal's. Each one comes up and repairs itself in the background. */
export class Connections {
  readonly database: Database;
  readonly nats: NatsLink;
  readonly tokens: TokenPublisher;
  readonly notices: NoticeBus;
  readonly router: ToolRouterClient;

  constructor(config: WorkerConfig, log: LogSink) {
    this.database = createDatabase({
      url: config.DATABASE_URL,
      maxConnections: config.DATABASE_MAX_CONNECTIONS,
      applicationName: 'holdfast-worker',
    });
    this.nats = new NatsLink({ url: config.NATS_URL, clientName: 'holdfast-worker', log });
    this.tokens = new TokenPublisher(this.nats, { log });
    this.notices = new NoticeBus(this.nats);
    this.router = new ToolRouterClient({
      address: config.TOOL_ROUTER_ADDRESS,
      secret: config.HOLDFAST_INTERNAL_SECRET,
      traceparent: currentTraceparent,
    });
    this.#report();
  }

  /** Begins connecting to what connects before its first use. */
  start(): void {
    this.nats.start();
  }

  /** Sends what is buffered and closes everything. */
  async close(): Promise<void> {
    this.tokens.close();
    this.notices.close();
    this.router.close();
    await Promise.allSettled([this.nats.stop(), this.database.close()]);
  }

  /** Runs go on without NATS (viewers see finished messages only) and without the router (tool calls are retried). */
  #report(): void {
    const { nats, router } = this;
    gauge({
      name: 'holdfast_worker_dependency_up',
      help: 'Dependencies that readiness does not wait for: 1 answers, 0 is away.',
      labelNames: ['dependency'],
      async collect() {
        this.set({ dependency: 'nats' }, nats.isUp ? 1 : 0);
        const up = await router.waitForReady(ROUTER_PROBE_MS).then(() => 1, () => 0);
        this.set({ dependency: 'tool-router' }, up);
      },
    });
  }
}
