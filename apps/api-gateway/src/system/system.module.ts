import { Module } from '@nestjs/common';
import { NatsLink } from '@holdfast/event-bus';
import { HealthModule, type DependencyCheck } from '@holdfast/nest-kit';
import { Database } from '@holdfast/persistence';
import { TemporalLink } from '../connections/temporal-link';
import { SystemController } from './system.controller';

/** What the server says of itself. */
@Module({
  imports: [
    HealthModule.registerAsync({
      inject: [Database, NatsLink, TemporalLink],
      useFactory: (database: Database, nats: NatsLink, temporal: TemporalLink): DependencyCheck[] => [
        { name: 'postgresql', check: () => database.ping() },
        nats,
        temporal,
      ],
    }),
  ],
  controllers: [SystemController],
})
export class SystemModule {}
