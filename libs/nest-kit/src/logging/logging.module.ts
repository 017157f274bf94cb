import { Global, Module, type DynamicModule } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { createLogger, type LoggerSettings } from './logger';

/** Injection token of the app's pino logger, a {@link LogSink}. */
export const ROOT_LOGGER = Symbol('holdfast.root-logger');

/**
 * Structured logs: nestjs-pino's logger for Nest's `Logger`, the bare pino logger under {@link ROOT_LOGGER}.
 * Lines per request come from {@link bootstrapApp}, not from pino-http's middleware: they know the route and cost less.
 */
@Global()
@Module({})
export class LoggingModule {
  /** The module for an app's root module. */
  static forRoot(settings: LoggerSettings | Logger): DynamicModule {
    const logger = 'child' in settings ? settings : createLogger(settings);
    return {
      module: LoggingModule,
      imports: [LoggerModule.forRoot({ pinoHttp: { logger }, forRoutes: [], renameContext: 'context' })],
      providers: [{ provide: ROOT_LOGGER, useValue: logger }],
      exports: [ROOT_LOGGER, LoggerModule],
    };
  }
}
