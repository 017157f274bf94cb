import { randomUUID } from 'node:crypto';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { bootstrapApp, type RunningApp } from '@holdfast/nest-kit';
import { GraphsRepository, RunJournal, createDatabase, type Database } from '@holdfast/persistence';
import { provisionTenant } from '@holdfast/persistence/provisioning';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import type { GatewayConfig } from '../src/config';
import { gatewaySettings } from '../src/gateway';

/** A closed port: a server that is away. */
export const NOWHERE = '127.0.0.1:9';

/** An environment variable that the runner sets. */
export function env(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: integration tests need real servers (npm test sets it)`);
  return value;
}

/** Settings of a gateway whose servers are away, unless given. */
export function testConfig(more: Partial<GatewayConfig> = {}): GatewayConfig {
  return {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    HOST: '127.0.0.1',
    PORT: 0,
    DATABASE_URL: `postgresql://nobody:nothing@${NOWHERE}/none`,
    DATABASE_MAX_CONNECTIONS: 5,
    NATS_URL: `nats://${NOWHERE}`,
    TEMPORAL_ADDRESS: NOWHERE,
    TEMPORAL_NAMESPACE: 'holdfast',
    TEMPORAL_UI_URL: undefined,
    OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
    REDIS_URL: undefined,
    SLO_QUEUE_PREFIX: 'holdfast-test',
    SLO_ROLL_UP_MS: 1_000,
    SLO_TENANTS: [],
    MAX_OPEN_STREAMS: 100,
    HEARTBEAT_MS: 5_000,
    SLOW_VIEWER_MS: 30_000,
    SWEEP_INTERVAL_MS: 500,
    STALE_RUN_MS: 60_000,
    THREAD_LINGER_MS: 0,
    DEPLOYMENT_INTERVAL_MS: 500,
    DRAIN_AFTER_MS: 60_000,
    MAX_KEPT_EVENTS: 10_000,
    CRON_MIN_INTERVAL_MS: 60_000,
    THREAD_TTL_MINUTES: 0,
    STATELESS_GRACE_MS: 60_000,
    RETENTION_DELETED_DAYS: 30,
    RETENTION_KEYS_DAYS: 7,
    RETENTION_PAST_DAYS: 90,
    ...more,
  };
}

/** A route as fastify knows it. */
export interface KnownRoute {
  readonly method: string;
  readonly url: string;
}

/** Starts a gateway in this process; collects its routes. */
export async function startTestGateway(config: GatewayConfig): Promise<RunningApp & { routes: readonly KnownRoute[] }> {
  const routes: KnownRoute[] = [];
  const settings = gatewaySettings(config);
  const configure = async (app: NestFastifyApplication): Promise<void> => {
    const fastify = app.getHttpAdapter().getInstance();
    fastify.addHook('onRoute', ({ method, url }) => {
      routes.push(...[method].flat().map((m) => ({ method: m, url })));
    });
    await settings.configure?.(app);
  };
  return { ...(await bootstrapApp({ ...settings, configure, handleSignals: false })), routes };
}

/** A tenant of its own for a test. */
export interface TestTenant {
  readonly tenantId: string;
  readonly apiKey: string;
}

/** Makes a tenant with a key. */
export async function makeTenant(): Promise<TestTenant> {
  const owner = new pg.Client({ connectionString: env('DATABASE_URL_OWNER') });
  await owner.connect();
  try {
    return await provisionTenant(owner, { slug: `gw-${randomUUID()}`, name: 'gateway test', principalId: 'tester', roles: [] });
  } finally {
    await owner.end();
  }
}

/** Plays the worker: writes the journal as the worker's role. */
export class PlayedWorker {
  readonly journal: RunJournal;
  readonly #db: Database;
  readonly #graphIds: string[] = [];

  constructor() {
    this.#db = createDatabase({ url: env('DATABASE_URL_WORKER'), maxConnections: 2, applicationName: 'gateway-test' });
    this.journal = new RunJournal(this.#db);
  }

  /** Makes a graph known under a name that no real worker runs. */
  async registerGraph(): Promise<string> {
    const graphId = `gateway-test-${randomUUID()}`;
    const structure = { nodes: [{ id: 'a' }], edges: [] };
    await new GraphsRepository(this.#db).register([{ graphId, buildId: 'test', description: 'of a gateway test', structure, schemas: { input_schema: { type: 'object' } } }]);
    this.#graphIds.push(graphId);
    return graphId;
  }

  /** Begins a run. */
  begin(ref: { tenantId: string; threadId: string; runId: string }) {
    const request = { ...ref, workflowId: `t/${ref.tenantId}/th/${ref.threadId}`, workflowRunId: 'test', buildId: 'test' };
    return this.journal.beginRun({ tenantId: ref.tenantId }, request);
  }

  /** Forgets its graphs, which every tenant would see, and ends the connections. */
  async close(): Promise<void> {
    const owner = new pg.Client({ connectionString: env('DATABASE_URL_OWNER') });
    await owner.connect();
    await owner.query('DELETE FROM executions.graphs WHERE graph_id = ANY($1)', [this.#graphIds]);
    await Promise.all([owner.end(), this.#db.close()]);
  }
}

/** A TCP connection that can be cut. */
export class CuttableLink {
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(private readonly target: { host: string; port: number }) {}

  /** `host:port` to connect to. */
  get address(): string {
    return `127.0.0.1:${this.#port}`;
  }

  /** Begins or resumes forwarding, on the same port; without effect while it is open. */
  async open(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#server = createServer((client) => {
      const upstream = connect(this.target.port, this.target.host);
      for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
        this.#sockets.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => (this.#sockets.delete(socket), other.destroy()));
        socket.pipe(other);
      }
    });
    await new Promise<void>((resolve) => this.#server?.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Cuts what is open and refuses what comes. */
  async cut(): Promise<void> {
    const closed = new Promise<void>((resolve) => (this.#server === undefined ? resolve() : this.#server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#server = undefined;
  }
}

/** The same URL through a link. */
export function through(link: CuttableLink, url: string): string {
  const changed = new URL(url);
  const [host, port] = link.address.split(':');
  changed.hostname = host ?? '';
  changed.port = port ?? '';
  return changed.toString();
}

/** A link to where a URL points. */
export function linkTo(url: string): CuttableLink {
  const { hostname, port } = new URL(url);
  return new CuttableLink({ host: hostname, port: Number(port) });
}
