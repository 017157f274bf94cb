import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import { HoldfastError } from '@holdfast/contracts/errors';

const contexts = new WeakMap<object, TenantContext>();

/** Remembers on whose behalf a request acts; called by the guard only. */
export function attachContext(request: object, ctx: TenantContext): void {
  contexts.set(request, ctx);
}

/** On whose behalf the request acts; undefined before the guard ran and on public endpoints. */
export function contextOf(request: object): TenantContext | undefined {
  return contexts.get(request);
}

/** The caller's {@link TenantContext}; first argument of every service. */
export const Ctx = createParamDecorator((_: unknown, context: ExecutionContext): TenantContext => {
  const ctx = contextOf(context.switchToHttp().getRequest<object>());
  if (ctx === undefined) throw new HoldfastError('UNAUTHENTICATED', 'An API key is needed.');
  return ctx;
});
