import { Inject, Injectable, Module, type OnApplicationBootstrap, type OnApplicationShutdown, type OnModuleDestroy } from '@nestjs/common';
import { HealthModule, type LogSink, ROOT_LOGGER } from '@holdfast/nest-kit';
import { createContextCodec, RUN_STARTER_SERVICE } from '@holdfast/rpc';
import { loadConfig, WORKER_CONFIG, type WorkerConfig } from './config';
import { Connections } from './connections';
import { CONTEXT_CODEC, RUN_STARTS, RunStarterController } from './runs/run-starter.controller';
import { AgentWorker } from './temporal/agent-worker';

/** Starts and ends the parts in order: calls under way need every connection until the Temporal worker has drained. */
@Injectable()
class WorkerLifecycle implements OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown {
  constructor(
    @Inject(Connections) private readonly connections: Connections,
    @Inject(AgentWorker) private readonly worker: AgentWorker,
  ) {}

  onApplicationBootstrap(): void {
    this.connections.start();
    this.worker.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.worker.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connections.close();
  }
}

@Module({
  providers: [
    { provide: WORKER_CONFIG, useFactory: () => loadConfig() },
    {
      provide: Connections,
      inject: [WORKER_CONFIG, ROOT_LOGGER],
      useFactory: (config: WorkerConfig, log: LogSink) => new Connections(config, log),
    },
    {
      provide: AgentWorker,
      inject: [WORKER_CONFIG, Connections, ROOT_LOGGER],
      useFactory: (config: WorkerConfig, connections: Connections, log: LogSink) => new AgentWorker(config, connections, log),
    },
  ],
  exports: [WORKER_CONFIG, Connections, AgentWorker],
})
class WorkerModule {}

/** The worker: PostgreSQL and Temporal are required for readiness; NATS and the tool router only show in metrics and logs. */
@Module({
  imports: [
    WorkerModule,
    HealthModule.registerAsync({
      imports: [WorkerModule],
      inject: [Connections, AgentWorker],
      useFactory: ({ database }: Connections, worker: AgentWorker) => [{ name: 'postgresql', check: () => database.ping() }, worker],
    }),
  ],
  controllers: [RunStarterController],
  providers: [
    WorkerLifecycle,
    { provide: RUN_STARTS, useExisting: AgentWorker },
    {
      provide: CONTEXT_CODEC,
      inject: [WORKER_CONFIG],
      useFactory: (config: WorkerConfig) => createContextCodec({ secret: config.HOLDFAST_INTERNAL_SECRET, audience: RUN_STARTER_SERVICE }),
    },
  ],
})
export class AppModule {}
