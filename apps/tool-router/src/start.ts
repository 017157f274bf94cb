import { bootstrapApp, type RunningApp } from '@holdfast/nest-kit';
import { toolRouterServerOptions } from '@holdfast/rpc';
import { createAppModule } from './app.module';
import { loadCatalogues } from './catalogue/catalogue.loader';
import type { ToolRouterConfig } from './config';

/** Options of {@link startToolRouter} for tests. */
export interface StartOptions {
  /** Whether SIGTERM and SIGINT end the process. Default true. */
  readonly handleSignals?: boolean;
}

/**
 * Reads the catalogue and starts the app: gRPC and health servers listen at once, everything else connects in the background.
 * @throws CatalogueError; Error when a port is taken.
 */
export async function startToolRouter(config: ToolRouterConfig, options: StartOptions = {}): Promise<RunningApp> {
  const catalogue = loadCatalogues(config.HOLDFAST_TOOL_CATALOGUE, config.environment);
  return bootstrapApp({
    name: 'tool-router',
    module: createAppModule(config, catalogue),
    host: config.HOST,
    port: config.HEALTH_PORT,
    logLevel: config.LOG_LEVEL,
    grpc: toolRouterServerOptions(`${config.HOST}:${config.GRPC_PORT}`).options,
    graceMs: 10_000,
    ...options,
  });
}
