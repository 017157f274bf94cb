import { bootstrapApp } from '@holdfast/nest-kit';
import { AppModule } from './app.module';
import { loadConfig } from './config';

/** Reads the configuration and serves until a signal comes. */
export async function startEventBridge(): Promise<void> {
  const config = loadConfig();
  await bootstrapApp({
    name: 'event-bridge',
    module: AppModule.with(config),
    host: config.HOST,
    port: config.HEALTH_PORT,
    logLevel: config.LOG_LEVEL,
  });
}
