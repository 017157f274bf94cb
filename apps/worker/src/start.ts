import { bootstrapApp } from '@holdfast/nest-kit';
import { runStarterServerOptions } from '@holdfast/rpc';
import { AppModule } from './app.module';
import { loadConfig } from './config';

/** Starts the worker with its gRPC server and its health and metrics server. */
export async function start(): Promise<void> {
  const config = loadConfig();
  await bootstrapApp({
    name: 'worker',
    module: AppModule,
    host: config.HOST,
    port: config.HEALTH_PORT,
    logLevel: config.LOG_LEVEL,
    grpc: runStarterServerOptions(`${config.HOST}:${config.GRPC_PORT}`).options,
  });
}
