import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { addLogContext } from '@holdfast/nest-kit';
import { currentTraceparent } from '@holdfast/nest-kit/tracing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiKeyAuthenticator } from './api-key.authenticator';
import { attachContext } from './ctx.decorator';
import { PUBLIC_KIT_ROUTES, PUBLIC_METADATA } from './public-endpoint.decorator';

const BEARER = /^Bearer +(\S+)$/i;

/** Guards every endpoint: an API key in `x-api-key` or as bearer token selects tenant and principal. */
@Injectable()
export class ApiKeyGuard implements CanActivate {
  constructor(
    @Inject(ApiKeyAuthenticator) private readonly authenticator: ApiKeyAuthenticator,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  /** @throws HoldfastError UNAUTHENTICATED */
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC_METADATA, [context.getHandler(), context.getClass()]) === true) return true;
    if (PUBLIC_KIT_ROUTES.has(request.routeOptions.url ?? '')) return true;
    context.switchToHttp().getResponse<FastifyReply>().header('www-authenticate', 'Bearer realm="holdfast"');
    const key = await this.authenticator.authenticate(apiKeyOf(request.headers));
    context.switchToHttp().getResponse<FastifyReply>().removeHeader('www-authenticate');
    const traceparent = currentTraceparent();
    addLogContext({ tenant_id: key.tenantId });
    attachContext(request, {
      tenantId: key.tenantId,
      principalId: key.principalId,
      roles: [...key.roles],
      requestId: String(request.id),
      ...(traceparent === undefined ? {} : { traceparent }),
    });
    return true;
  }
}

/** The key of a request: `x-api-key`, else the bearer token. */
export function apiKeyOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const direct = headers['x-api-key'];
  if (typeof direct === 'string' && direct !== '') return direct;
  const { authorization } = headers;
  return typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
}
