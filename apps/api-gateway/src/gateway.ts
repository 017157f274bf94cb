import 'reflect-metadata';
import { MAX_BODY_BYTES } from '@holdfast/contracts';
import { Module } from '@nestjs/common';
import { bootstrapApp, type RunningApp } from '@holdfast/nest-kit';
import { AppModule } from './app.module';
import type { GatewayConfig } from './config';
import { configureHttpBorder } from './http/http-border';
import { addDocsPage } from './openapi/docs-page';

/**
 * Starts the gateway; it listens before its dependencies are there.
 * @param handleSignals false in tests
 * @throws when the port is taken
 */
export function startGateway(config: GatewayConfig, handleSignals = true): Promise<RunningApp> {
  class GatewayModule {}
  Module({ imports: [AppModule.with(config)] })(GatewayModule);
  return bootstrapApp({
    name: 'api-gateway',
    module: GatewayModule,
    host: config.HOST,
    port: config.PORT,
    logLevel: config.LOG_LEVEL,
    bodyLimit: MAX_BODY_BYTES,
    handleSignals,
    configure: (app) => {
      configureHttpBorder(app);
      addDocsPage(app);
    },
  });
}
