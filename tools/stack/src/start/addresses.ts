import type { ExternalServers } from '../settings.ts';
import type { PortMap } from '../ports.ts';
import type { Secrets } from '../secrets.ts';
import { asRole, inDatabase, postgresUrl } from '../servers/postgres-sql.ts';
import { HOST, NAMESPACE, portOf } from '../servers/stack-context.ts';

/** Where the servers of one stack are: ours by port, others by the address given. Known before anything is started. */
export interface Addresses {
  /** Superuser, maintenance database. */
  readonly postgresSuperuser: string;
  readonly owner: string;
  readonly gateway: string;
  readonly worker: string;
  readonly tools: string;
  readonly relay: string;
  readonly nats: string;
  readonly redis: string;
  readonly temporal: string;
  readonly temporalUi: string;
  readonly everythingMcp: string;
}

/** Computes the addresses of a stack. */
export function addressesOf(external: ExternalServers, ports: PortMap, secrets: Secrets): Addresses {
  const superuser =
    external.postgresUrl ??
    postgresUrl({ port: portOf(ports, 'postgres'), user: 'postgres', password: secrets.postgres, database: 'postgres' });
  const holdfast = inDatabase(superuser, 'holdfast');
  return {
    postgresSuperuser: superuser,
    owner: asRole(holdfast, 'holdfast_owner', secrets.owner),
    gateway: asRole(holdfast, 'holdfast_gateway', secrets.gateway),
    worker: asRole(holdfast, 'holdfast_worker', secrets.worker),
    tools: asRole(holdfast, 'holdfast_tools', secrets.tools),
    relay: asRole(holdfast, 'holdfast_relay', secrets.relay),
    nats: external.natsUrl ?? `nats://${HOST}:${portOf(ports, 'nats')}`,
    redis: external.redisUrl ?? `redis://${HOST}:${portOf(ports, 'redis')}`,
    temporal: external.temporalAddress ?? `${HOST}:${portOf(ports, 'temporal')}`,
    temporalUi: external.temporalUiUrl ?? `http://${HOST}:${portOf(ports, 'temporal-ui')}`,
    everythingMcp: `http://${HOST}:${portOf(ports, 'everything-mcp')}/mcp`,
  };
}

/** The same servers, with another database in place of `holdfast`. */
export function withDatabase(addresses: Addresses, name: string): Addresses {
  const { owner, gateway, worker, tools, relay } = addresses;
  return {
    ...addresses,
    owner: inDatabase(owner, name),
    gateway: inDatabase(gateway, name),
    worker: inDatabase(worker, name),
    tools: inDatabase(tools, name),
    relay: inDatabase(relay, name),
  };
}

/** The environment integration tests read their servers from. */
export function testEnvironment(addresses: Addresses, secrets: Secrets): Record<string, string> {
  return {
    DATABASE_URL_OWNER: addresses.owner,
    DATABASE_URL_GATEWAY: addresses.gateway,
    DATABASE_URL_WORKER: addresses.worker,
    DATABASE_URL_TOOLS: addresses.tools,
    DATABASE_URL_RELAY: addresses.relay,
    NATS_URL: addresses.nats,
    REDIS_URL: addresses.redis,
    TEMPORAL_ADDRESS: addresses.temporal,
    TEMPORAL_NAMESPACE: NAMESPACE,
    EVERYTHING_MCP_URL: addresses.everythingMcp,
    HOLDFAST_INTERNAL_SECRET: secrets.internal,
  };
}
