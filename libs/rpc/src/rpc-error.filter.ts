import { Catch, Inject, type ExceptionFilter } from '@nestjs/common';
import { isHoldfastError } from '@holdfast/contracts/errors';
import { ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { throwError, type Observable } from 'rxjs';
import { toRpcStatus } from './rpc-status';

/** Turns errors into gRPC statuses with our code in the trailer; what nobody expected is logged, and its text stays here. */
@Catch()
export class RpcErrorFilter implements ExceptionFilter {
  constructor(@Inject(ROOT_LOGGER) private readonly log: LogSink) {}

  /** @returns what Nest hands to gRPC. */
  catch(error: unknown): Observable<never> {
    if (!isHoldfastError(error) || error.kind === 'defect') this.log.error({ err: error }, 'a call failed unexpectedly');
    else this.log.debug({ code: error.code, reason: error.message }, 'a call ended in an error');
    return throwError(() => toRpcStatus(error));
  }
}
