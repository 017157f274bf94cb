import { Global, Inject, Module, type FactoryProvider, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { NatsLink } from '@holdfast/event-bus';
import { ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import {
  ApiKeysRepository,
  ApprovalsRepository,
  AssistantsRepository,
  BuildsRepository,
  BlobsRepository,
  CheckpointsRepository,
  CronFiringsRepository,
  CronsRepository,
  Database,
  GraphsRepository,
  RunJournal,
  RunsRepository,
  SloRepository,
  SubGraphStatesRepository,
  ThreadEditsRepository,
  ThreadRunsRepository,
  ThreadTtlsRepository,
  ThreadsRepository,
  RetentionRepository,
  WaitsRepository,
  createDatabase,
} from '@holdfast/persistence';
import { RunStarterClient } from '@holdfast/rpc/client';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from './temporal-link';

/** Injection token of the way to the workers' gRPC ({@link RunStarterClient}); undefined where none is configured. */
export const WORKERS = Symbol('holdfast.gateway.workers');

const APP_NAME = 'api-gateway';

/** One provider per repository: each takes the database and nothing else. */
function repository<T>(type: new (db: Database) => T): FactoryProvider<T> {
  return { provide: type, inject: [Database], useFactory: (db: Database) => new type(db) };
}

const REPOSITORIES = [
  ApiKeysRepository,
  ApprovalsRepository,
  AssistantsRepository,
  BuildsRepository,
  BlobsRepository,
  CheckpointsRepository,
  CronFiringsRepository,
  CronsRepository,
  GraphsRepository,
  RunJournal,
  RunsRepository,
  SloRepository,
  SubGraphStatesRepository,
  ThreadEditsRepository,
  ThreadRunsRepository,
  ThreadTtlsRepository,
  ThreadsRepository,
  RetentionRepository,
  WaitsRepository,
];

/** PostgreSQL, NATS and Temporal: connected in the background, closed last. */
@Global()
@Module({
  providers: [
    {
      provide: Database,
      inject: [GATEWAY_CONFIG],
      useFactory: (config: GatewayConfig) =>
        createDatabase({ url: config.DATABASE_URL, maxConnections: config.DATABASE_MAX_CONNECTIONS, applicationName: APP_NAME }),
    },
    {
      provide: NatsLink,
      inject: [GATEWAY_CONFIG, ROOT_LOGGER],
      useFactory: (config: GatewayConfig, log: LogSink) => new NatsLink({ url: config.NATS_URL, clientName: APP_NAME, log }),
    },
    {
      provide: TemporalLink,
      inject: [GATEWAY_CONFIG, ROOT_LOGGER],
      useFactory: (config: GatewayConfig, log: LogSink) =>
        new TemporalLink({ address: config.TEMPORAL_ADDRESS, namespace: config.TEMPORAL_NAMESPACE, log }),
    },
    {
      provide: WORKERS,
      inject: [GATEWAY_CONFIG],
      useFactory: ({ WORKER_ADDRESS, HOLDFAST_INTERNAL_SECRET }: GatewayConfig) =>
        WORKER_ADDRESS === undefined ? undefined : new RunStarterClient({ address: WORKER_ADDRESS, secret: HOLDFAST_INTERNAL_SECRET ?? '' }),
    },
    ...REPOSITORIES.map((type) => repository<unknown>(type)),
  ],
  exports: [WORKERS, Database, NatsLink, TemporalLink, ...REPOSITORIES],
})
export class ConnectionsModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(NatsLink) private readonly nats: NatsLink,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(WORKERS) private readonly workers: RunStarterClient | undefined,
  ) {}

  /** Begins connecting; the app listens meanwhile. */
  onApplicationBootstrap(): void {
    this.nats.start();
    this.temporal.start();
  }

  /** After every loop and request has ended. */
  async onApplicationShutdown(): Promise<void> {
    this.workers?.close();
    await Promise.allSettled([this.nats.stop(), this.temporal.stop(), this.database.close()]);
  }
}
