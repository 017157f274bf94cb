import { Module } from '@nestjs/common';
import { MAX_BODY_BYTES } from '@holdfast/contracts';
import { bootstrapApp, type BootstrapSettings, type RunningApp } from '@holdfast/nest-kit';
import { AppModule } from './app.module';
import type { GatewayConfig } from './config';
import { configureHttpBorder } from './http/http-border';
import { addDocsPage } from './openapi/docs-page';

/** How the gateway is built and served. */
export function gatewaySettings(config: GatewayConfig): BootstrapSettings {
  class GatewayModule {}
  Module({ imports: [AppModule.with(config)] })(GatewayModule);
  return {
    name: 'api-gateway',
    module: GatewayModule,
    host: config.HOST,
    port: config.PORT,
    logLevel: config.LOG_LEVEL,
    bodyLimit: MAX_BODY_BYTES,
    configure: (app) => {
      configureHttpBorder(app);
      addDocsPage(app);
    },
  };
}

/** Starts the gateway; it listens before its dependencies are there. @throws when the port is taken */
export function startGateway(config: GatewayConfig): Promise<RunningApp> {
  return bootstrapApp(gatewaySettings(config));
}
