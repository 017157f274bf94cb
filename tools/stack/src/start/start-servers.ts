import { ensureNats, ensureTemporal, ensureTemporalUi } from '../install/go-servers.ts';
import { ensurePostgres } from '../install/postgres-binaries.ts';
import { ensureRedis } from '../install/redis-binary.ts';
import { unprivilegedUser } from '../install/unprivileged-user.ts';
import { everythingMcpSpec } from '../servers/everything-mcp.ts';
import { natsSpec } from '../servers/nats.ts';
import { bootstrapDatabases } from '../servers/postgres-sql.ts';
import { initialisePostgres, postgresSpec } from '../servers/postgres.ts';
import { redisSpec } from '../servers/redis.ts';
import { NAMESPACE, type StackContext } from '../servers/stack-context.ts';
import { ensureNamespace } from '../servers/temporal-client.ts';
import { temporalUiSpec } from '../servers/temporal-ui.ts';
import { prepareTemporalSchemas, temporalSpec } from '../servers/temporal.ts';
import type { ProcessSpec } from '../supervise/process-spec.ts';
import type { Supervisor } from '../supervise/supervisor.ts';
import type { Addresses } from './addresses.ts';

/** How long a server may take to serve, in milliseconds; recovery after a crash is the slow case. */
const READY_TIMEOUT_MS = 60_000;
/** Retention of finished workflows, in days. */
const RETENTION_DAYS = 3;

/** The servers' start, each a promise of its own, so that whoever needs one waits only for that one. */
export interface ServersStart {
  /** PostgreSQL serves, roles and databases are there. */
  readonly databases: Promise<void>;
  readonly nats: Promise<void>;
  readonly redis: Promise<void>;
  /** Temporal serves and the namespace can be used. */
  readonly temporal: Promise<void>;
  readonly temporalUi: Promise<void>;
  readonly everythingMcp: Promise<void>;
}

/** Installs and starts every server as concurrently as their dependencies allow. */
export function startServers(context: StackContext, supervisor: Supervisor, addresses: Addresses): ServersStart {
  const { external } = context.settings;
  const up = async (title: string, spec: ProcessSpec): Promise<void> => {
    supervisor.start(spec);
    await context.step(`Starting ${title}`, () => supervisor.waitReady(spec.name, { timeoutMs: READY_TIMEOUT_MS, signal: context.signal }));
  };
  const databases = startPostgres(context, addresses, up);
  const started: ServersStart = {
    databases,
    nats: external.natsUrl === undefined ? ensureNats(context).then((binary) => up('NATS', natsSpec(context, binary))) : Promise.resolve(),
    redis: external.redisUrl === undefined ? ensureRedis(context).then((binary) => up('Redis', redisSpec(context, binary))) : Promise.resolve(),
    temporal: startTemporal(context, addresses, databases, up),
    temporalUi:
      external.temporalUiUrl === undefined
        ? ensureTemporalUi(context).then((binary) => up('Temporal Web UI', temporalUiSpec(context, binary, addresses.temporal)))
        : Promise.resolve(),
    everythingMcp: up('MCP demonstration server', everythingMcpSpec(context)),
  };
  // whoever waits sees the error; a promise nobody has come to yet must not end the process
  for (const promise of Object.values(started) as Promise<void>[]) promise.catch(() => undefined);
  return started;
}

type Up = (title: string, spec: ProcessSpec) => Promise<void>;

async function startPostgres(context: StackContext, addresses: Addresses, up: Up): Promise<void> {
  if (context.settings.external.postgresUrl === undefined) {
    const [binaries, user] = await Promise.all([
      ensurePostgres(context),
      unprivilegedUser(context.settings.env, context.layout.data('postgres'), context.signal),
    ]);
    await context.step('Preparing the PostgreSQL data folder', () => initialisePostgres(context, binaries, user), 300);
    await up('PostgreSQL', postgresSpec(context, binaries, user));
  }
  await context.step('Preparing roles and databases', () => bootstrapDatabases(addresses.postgresSuperuser, context.settings.checkout, context.secrets), 300);
}

async function startTemporal(context: StackContext, addresses: Addresses, databases: Promise<void>, up: Up): Promise<void> {
  if (context.settings.external.temporalAddress === undefined) {
    const [{ server, sqlTool }] = await Promise.all([ensureTemporal(context), databases]);
    const { hostname, port } = new URL(addresses.postgresSuperuser);
    const database = { host: hostname, port: Number(port === '' ? '5432' : port) };
    await context.step("Preparing Temporal's schemas", () => prepareTemporalSchemas(context, sqlTool, database), 300);
    await up('Temporal', temporalSpec(context, server, database));
  }
  await context.step(
    `Preparing Temporal namespace ${NAMESPACE}`,
    () => ensureNamespace(addresses.temporal, NAMESPACE, { retentionDays: RETENTION_DAYS, timeoutMs: READY_TIMEOUT_MS, signal: context.signal }),
    300,
  );
}

/** Order of ending: who depends on others first. Within a group all end together. */
export const STOP_GROUPS: readonly (readonly string[])[] = [
  ['api-gateway'],
  ['worker', 'event-bridge'],
  ['tool-router', 'dev-model', 'temporal-ui'],
  ['everything-mcp', 'temporal'],
  ['nats', 'redis', 'postgres'],
];
