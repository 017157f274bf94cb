import { Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { EventBusAdmin, EventPublisher, EventReader, NatsLink, NoticeBus } from '@holdfast/event-bus';
import { HealthModule, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { Database, OutboxRepository, createDatabase } from '@holdfast/persistence';
import type { BridgeConfig } from './config';
import { ConnectionsLifecycle } from './connections.lifecycle';
import { RelayService } from './relay/relay.service';

/** The event-bridge: journal → JetStream. Binds the relay to PostgreSQL and NATS. */
@Module({})
export class AppModule {
  /** The root module for this configuration. */
  static with(config: BridgeConfig): Type {
    class Root {}
    Module({ imports: [ConnectionsModule.with(config), health], providers: [RelayService] })(Root);
    return Root;
  }
}

@Module({})
class ConnectionsModule {
  static with(config: BridgeConfig): DynamicModule {
    const providers: Provider[] = [
      {
        provide: Database,
        // One connection for the relay's session, the others for lag, stream state and readiness.
        useFactory: () => createDatabase({ url: config.DATABASE_URL, maxConnections: 4, applicationName: 'event-bridge' }),
      },
      {
        provide: NatsLink,
        inject: [ROOT_LOGGER],
        useFactory: (log: LogSink) => new NatsLink({ url: config.NATS_URL, clientName: 'event-bridge', log }),
      },
      { provide: OutboxRepository, inject: [Database], useFactory: (db: Database) => new OutboxRepository(db) },
      { provide: EventBusAdmin, inject: [NatsLink], useFactory: (link: NatsLink) => new EventBusAdmin(link) },
      { provide: EventPublisher, inject: [NatsLink], useFactory: (link: NatsLink) => new EventPublisher(link) },
      { provide: EventReader, inject: [NatsLink], useFactory: (link: NatsLink) => new EventReader(link) },
      { provide: NoticeBus, inject: [NatsLink], useFactory: (link: NatsLink) => new NoticeBus(link) },
      ConnectionsLifecycle,
    ];
    return { module: ConnectionsModule, global: true, providers, exports: providers };
  }
}

const health = HealthModule.registerAsync({
  inject: [Database, NatsLink],
  useFactory: (db: Database, link: NatsLink) => [{ name: 'postgresql', check: () => db.ping() }, link],
});
