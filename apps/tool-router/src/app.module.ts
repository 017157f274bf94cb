import { randomUUID } from 'node:crypto';
import { Module, type Provider, type Type } from '@nestjs/common';
import { McpServerPool } from '@holdfast/mcp-adapters';
import { HealthModule, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { Database, RetentionRepository, ToolCallsRepository, ToolRoutersRepository, createDatabase } from '@holdfast/persistence';
import { TOOL_ROUTER_SERVICE, createContextCodec } from '@holdfast/rpc';
import { RedisResultCache } from './cache/redis-result-cache';
import type { Catalogue } from './catalogue/catalogue.schema';
import { toServerSpec } from './catalogue/server-specs';
import { ToolRegistry } from './catalogue/tool-registry';
import type { ToolRouterConfig } from './config';
import { CONTEXT_CODEC, ToolRouterController } from './grpc/tool-router.controller';
import { ToolServersController } from './health/tool-servers.controller';
import { CallLedger } from './ledger/call-ledger';
import { outlivedCalls } from './ledger/outlived-calls';
import { RouterLease } from './ledger/router-lease';
import { ToolRouterLifecycle } from './lifecycle';
import { ToolMetrics } from './metrics/tool-metrics';
import { compileGrants } from './permission/decide';
import { ToolCallPipeline } from './pipeline/tool-call.pipeline';
import { ToolLister } from './pipeline/tool-lister';
import { UpstreamGuard } from './upstream/upstream-guard';

const RESULT_CACHE = Symbol('holdfast.tool-router.result-cache');
const LEASE_DATABASE = Symbol('holdfast.tool-router.lease-database');

/** Longest that a renewal may take, to connect and to be stored each. */
const LEASE_TIMEOUT_MS = 2_000;

/**
 * The app's module for a configuration and a catalogue.
 * @throws Error when a catalogued package is not installed or two tools would share a name.
 */
export function createAppModule(config: ToolRouterConfig, catalogue: Catalogue): Type {
  class AppModule {}
  Module({
    imports: [
      DatabaseModule.with(config),
      HealthModule.registerAsync({
        inject: [Database],
        useFactory: (database: Database) => [{ name: 'postgresql', check: () => database.ping() }],
      }),
    ],
    controllers: [ToolRouterController, ToolServersController],
    providers: providers(config, catalogue),
  })(AppModule);
  return AppModule;
}

/** Shared with the health checks. */
@Module({})
class DatabaseModule {
  static with({ DATABASE_URL, DATABASE_MAX_CONNECTIONS }: ToolRouterConfig) {
    const database = {
      provide: Database,
      useFactory: () => createDatabase({ url: DATABASE_URL, maxConnections: DATABASE_MAX_CONNECTIONS, applicationName: 'holdfast-tool-router' }),
    };
    return { module: DatabaseModule, global: true, providers: [database], exports: [Database] };
  }
}

function providers(config: ToolRouterConfig, catalogue: Catalogue): Provider[] {
  const grants = compileGrants(catalogue.grants);
  const servers = Object.entries(catalogue.servers).map(([slug, server]) => ({ slug, spec: toServerSpec(server) }));
  return [
    { provide: CONTEXT_CODEC, useFactory: () => createContextCodec({ secret: config.HOLDFAST_INTERNAL_SECRET, audience: TOOL_ROUTER_SERVICE }) },
    { provide: McpServerPool, inject: [ROOT_LOGGER], useFactory: (log: LogSink) => new McpServerPool(servers.map((server) => ({ ...server, log }))) },
    {
      provide: RESULT_CACHE,
      inject: [ROOT_LOGGER],
      useFactory: (log: LogSink) => (config.REDIS_URL === undefined ? undefined : new RedisResultCache(config.REDIS_URL, log)),
    },
    {
      provide: ToolRegistry,
      inject: [McpServerPool, ROOT_LOGGER],
      useFactory: (pool: McpServerPool, log: LogSink) => new ToolRegistry(catalogue, pool, log),
    },
    { provide: ToolLister, inject: [ToolRegistry], useFactory: (registry: ToolRegistry) => new ToolLister(registry, grants) },
    { provide: UpstreamGuard, useFactory: () => new UpstreamGuard() },
    {
      provide: ToolMetrics,
      inject: [McpServerPool, UpstreamGuard],
      useFactory: (pool: McpServerPool, guard: UpstreamGuard) =>
        new ToolMetrics(
          () => pool.states(),
          () => guard.openCircuits(),
        ),
    },
    {
      // A connection of its own: a lease must not wait behind the calls that it is for.
      provide: LEASE_DATABASE,
      useFactory: () =>
        createDatabase({
          url: config.DATABASE_URL,
          maxConnections: 1,
          applicationName: 'holdfast-tool-router-lease',
          statementTimeoutMs: LEASE_TIMEOUT_MS,
          connectTimeoutMs: LEASE_TIMEOUT_MS,
        }),
    },
    {
      provide: RouterLease,
      inject: [LEASE_DATABASE, ROOT_LOGGER],
      useFactory: (database: Database, log: LogSink) =>
        new RouterLease({ store: new ToolRoutersRepository(database), routerId: randomUUID(), leaseMs: config.ROUTER_LEASE_MS, log }),
    },
    {
      provide: CallLedger,
      inject: [Database, RouterLease, ToolMetrics, ROOT_LOGGER],
      useFactory: (database: Database, lease: RouterLease, metrics: ToolMetrics, log: LogSink) =>
        new CallLedger({ store: new ToolCallsRepository(database), lease, metrics, log }),
    },
    {
      provide: ToolCallPipeline,
      inject: [ToolRegistry, McpServerPool, UpstreamGuard, CallLedger, RESULT_CACHE, ToolMetrics, ROOT_LOGGER],
      useFactory: (
        registry: ToolRegistry,
        pool: McpServerPool,
        guard: UpstreamGuard,
        ledger: CallLedger,
        cache: RedisResultCache | undefined,
        metrics: ToolMetrics,
        log: LogSink,
      ) => new ToolCallPipeline({ registry, pool, grants, guard, ledger, cache, metrics, log }),
    },
    {
      provide: ToolRouterLifecycle,
      inject: [McpServerPool, CallLedger, RouterLease, Database, LEASE_DATABASE, RESULT_CACHE, ROOT_LOGGER],
      useFactory: (
        pool: McpServerPool,
        ledger: CallLedger,
        lease: RouterLease,
        database: Database,
        leaseDatabase: Database,
        cache: RedisResultCache | undefined,
        log: LogSink,
      ) => {
        const retention = outlivedCalls(new RetentionRepository(database), config.RETENTION_DELETED_DAYS, log);
        return new ToolRouterLifecycle({ pool, ledger, lease, retention, databases: [database, leaseDatabase], cache });
      },
    },
  ];
}
