import { HttpCode, RequestMapping, RequestMethod, SetMetadata, applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { parseInput } from '../http/parse-input';
import { successStatus, type EndpointSpec } from './endpoint';

/** Metadata key under which a handler carries its {@link EndpointSpec}. */
export const ENDPOINT_METADATA = 'holdfast:endpoint';

/** Routes the endpoint to the decorated handler. */
export function Route(spec: EndpointSpec): MethodDecorator {
  return applyDecorators(
    SetMetadata(ENDPOINT_METADATA, spec),
    RequestMapping({ path: spec.path.replace(/\{(\w+)\}/g, ':$1'), method: RequestMethod[spec.method] }),
    HttpCode(successStatus(spec)),
  );
}

/**
 * The validated input of the endpoint (see {@link InputOf}). Runs after the guards, so that a caller without a key costs no
 * parsing.
 * @throws HoldfastError `INVALID_ARGUMENT`, `MALFORMED_JSON` or `BODY_TOO_COMPLEX`, naming the field
 */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const spec = Reflect.getMetadata(ENDPOINT_METADATA, context.getHandler()) as EndpointSpec | undefined;
  if (spec === undefined) throw new TypeError(`${context.getHandler().name} has no @Route`);
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return parseInput(spec, { params: request.params, query: request.query, body: request.body });
});
