import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { GrpcOptions } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger as NestPinoLogger } from 'nestjs-pino';
import type { Logger } from 'pino';
import { HealthRegistry } from '../health/health-registry';
import { LoggingModule } from '../logging/logging.module';
import { createLogger } from '../logging/logger';
import { QuietNestLogger } from '../logging/quiet-nest-logger';
import { MetricsModule } from '../metrics/metrics.module';
import { ProblemFilter } from '../problem/problem.filter';
import { stopTelemetry } from '../telemetry/telemetry';
import { addHttpHooks, type HookableFastify } from './http-hooks';
import { MAX_PARAM_LENGTH, refuseLargeBody, refuseUnreadable, refuseUnroutable } from './refusals';
import { ShutdownModule } from './shutdown.module';
import { ShutdownSignal, installShutdown } from './shutdown';

/** Options of {@link bootstrapApp}. */
export interface BootstrapSettings {
  /** Name of the app in logs. */
  readonly name: string;
  /** The app's root module. It imports {@link HealthModule}; logging, metrics and the shutdown signal are added here. */
  readonly module: Type;
  readonly host: string;
  /** TCP port; 0 takes a free one. */
  readonly port: number;
  /** Default `info`. */
  readonly logLevel?: string;
  /** Human-readable log lines; for a terminal in development. */
  readonly prettyLogs?: boolean;
  /** A logger made elsewhere instead of the two settings above. */
  readonly logger?: Logger;
  /** Also serves gRPC: url, package, protoPath and loader as Nest takes them. */
  readonly grpc?: GrpcOptions['options'];
  /** Longest time for work in flight at a shutdown, in ms. Default 25000, below the usual 30 s of an orchestrator. */
  readonly graceMs?: number;
  /** Largest request body, in bytes. Default 1 MiB. */
  readonly bodyLimit?: number;
  /** Called before listening: OpenAPI page, content parsers, CORS. */
  configure?(app: NestFastifyApplication): void | Promise<void>;
  /** Whether SIGTERM and SIGINT end the process. Default true; false in tests. */
  readonly handleSignals?: boolean;
}

/** A running app. */
export interface RunningApp {
  readonly app: NestFastifyApplication;
  /** `http://host:port` with the real port. */
  readonly url: string;
  /** Ends it in order, without ending the process. */
  close(): Promise<void>;
}

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/**
 * Starts an app: fastify, structured logs, problem documents, `/livez`, `/readyz`, `/metrics`, optional gRPC, orderly shutdown.
 * Listens as soon as the modules are built; connections come up in the background ({@link BackgroundConnector}).
 *
 * Shutdown: not ready → {@link ShutdownSignal} fires → no new connections, requests in flight finish → Nest's hooks
 * `onModuleDestroy` (end loops) and `onApplicationShutdown` (close connections) → last spans sent.
 * @throws when the module cannot be built or the port is taken.
 */
export async function bootstrapApp(settings: BootstrapSettings): Promise<RunningApp> {
  const logger =
    settings.logger ??
    createLogger({ name: settings.name, level: settings.logLevel ?? 'info', pretty: settings.prettyLogs ?? false });
  const adapter = createAdapter(settings, logger);
  const app = await NestFactory.create<NestFastifyApplication>(rootModule(settings.module, logger), adapter, {
    bufferLogs: true,
    abortOnError: false,
  });
  app.useLogger(new QuietNestLogger(app.get(NestPinoLogger)));
  app.useGlobalFilters(new ProblemFilter(logger));
  await settings.configure?.(app);
  if (settings.grpc !== undefined) {
    // Nest loads this package only when somebody calls gRPC; the number is Transport.GRPC.
    const { Transport } = await import('@nestjs/microservices');
    app.connectMicroservice({ transport: Transport.GRPC, options: { gracefulShutdown: true, ...settings.grpc } });
    await app.startAllMicroservices();
  }
  await app.listen(settings.port, settings.host);
  const close = closer(app, settings.name);
  if (settings.handleSignals !== false) installShutdown({ log: logger, graceMs: settings.graceMs ?? 25_000, drain: close });
  const address = app.getHttpServer().address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  const url = `http://${settings.host.includes(':') ? `[${settings.host}]` : settings.host}:${port}`;
  logger.info({ url, pid: process.pid, start_ms: Math.round(performance.now()) }, `${settings.name} listens on ${url}`);
  return { app, url, close };
}

function createAdapter(settings: BootstrapSettings, logger: Logger): FastifyAdapter {
  const bodyLimit = settings.bodyLimit ?? 1024 * 1024;
  const adapter = new FastifyAdapter({
    bodyLimit,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: refuseUnroutable,
    clientErrorHandler: refuseUnreadable,
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    requestIdHeader: false,
    genReqId: (request: IncomingMessage) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
  });
  const fastify = adapter.getInstance() as HookableFastify;
  addHttpHooks(fastify, logger);
  fastify.addHook('onRequest', (request, _reply, done) => refuseLargeBody(request.raw, bodyLimit, done));
  return adapter;
}

function rootModule(module: Type, logger: Logger): Type {
  class RootModule {}
  Module({ imports: [LoggingModule.forRoot(logger), ShutdownModule, MetricsModule, module] })(RootModule);
  return RootModule;
}

function closer(app: NestFastifyApplication, name: string): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    app.get(HealthRegistry, { strict: false }).drain();
    app.get(ShutdownSignal, { strict: false }).fire(`${name} is shutting down`);
    // First the listener, while every module still works: requests in flight need them. Nest alone would destroy modules first.
    const fastify = app.getHttpAdapter().getInstance();
    // Kept-alive connections whose last response has just ended would hold the listener open until their timeout.
    const sweep = setInterval(() => fastify.server.closeIdleConnections(), 50);
    await fastify.close().finally(() => clearInterval(sweep));
    await app.close();
    await stopTelemetry();
  };
  return () => (closing ??= close());
}
