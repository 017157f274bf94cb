import { Catch, Inject, Optional, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { throwError } from 'rxjs';
import { ROOT_LOGGER } from '../logging/logging.module';
import type { LogSink } from '../logging/logger';
import { currentTraceId } from '../tracing/tracing';
import { toProblem } from './problem';

/** The part of a fastify request that the filter reads. */
interface Request {
  readonly id: unknown;
  readonly url: string;
  readonly method: string;
}

/** The part of a fastify reply that the filter writes. */
interface Reply {
  readonly sent: boolean;
  readonly raw: { readonly headersSent: boolean };
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Answers every error with RFC 9457 problem+json; what we did not foresee becomes a bare 500 and a log line with its stack. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Optional() @Inject(ROOT_LOGGER) private readonly log?: LogSink) {}

  /** Called by Nest for whatever a handler, guard, pipe or fastify itself threw. */
  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return throwError(() => error);
    const request = host.switchToHttp().getRequest<Request>();
    const reply = host.switchToHttp().getResponse<Reply>();
    const { problem, retryAfterSeconds, unexpected } = toProblem(error);
    if (unexpected) this.log?.error({ err: error, code: problem.code }, 'request failed');
    // A stream that has begun cannot be answered again; it ends when its socket does.
    if (reply.sent || reply.raw.headersSent) return undefined;
    if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
    const traceId = currentTraceId();
    return reply.code(problem.status).header('content-type', 'application/problem+json').send({
      ...problem,
      instance: request.url.split('?', 1)[0],
      ...(traceId === undefined ? {} : { trace_id: traceId }),
      request_id: String(request.id),
    });
  }
}
