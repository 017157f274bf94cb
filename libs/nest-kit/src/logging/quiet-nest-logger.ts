import type { LoggerService } from '@nestjs/common';

// What Nest tells of itself at every start: one line per module and route.
const CHATTER = new Set(['InstanceLoader', 'NestApplication', 'NestFactory', 'NestMicroservice', 'RouterExplorer', 'RoutesResolver']);

/** Passes everything on, but Nest's own start messages one level lower. */
export class QuietNestLogger implements LoggerService {
  constructor(private readonly inner: Required<Pick<LoggerService, 'log' | 'error' | 'warn' | 'debug' | 'verbose'>>) {}

  /** Information; Nest's own goes to debug. The last parameter is the context, as Nest passes it. */
  log(message: unknown, ...parameters: unknown[]): void {
    const level = CHATTER.has(String(parameters.at(-1))) ? 'debug' : 'log';
    this.inner[level](message, ...parameters);
  }

  error(message: unknown, ...parameters: unknown[]): void {
    this.inner.error(message, ...parameters);
  }

  warn(message: unknown, ...parameters: unknown[]): void {
    this.inner.warn(message, ...parameters);
  }

  debug(message: unknown, ...parameters: unknown[]): void {
    this.inner.debug(message, ...parameters);
  }

  verbose(message: unknown, ...parameters: unknown[]): void {
    this.inner.verbose(message, ...parameters);
  }
}
