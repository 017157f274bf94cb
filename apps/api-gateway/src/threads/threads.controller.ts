import { Controller, Headers, Inject, Res } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply } from 'fastify';
import { Ctx } from '../auth/ctx.decorator';
import { sendPage } from '../http/pagination';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { threadEndpoints as endpoints } from './threads.endpoints';
import type { Thread } from './threads.schema';
import { ThreadsService } from './threads.service';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** /threads */
@Controller()
export class ThreadsController {
  constructor(@Inject(ThreadsService) private readonly threads: ThreadsService) {}

  @Route(endpoints.create)
  create(@Ctx() ctx: TenantContext, @Input() { body }: In<'create'>): Promise<Thread> {
    return this.threads.create(ctx, body);
  }

  @Route(endpoints.search)
  async search(@Ctx() ctx: TenantContext, @Input() { body }: In<'search'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Partial<Thread>[]> {
    return [...sendPage(reply, await this.threads.search(ctx, body))];
  }

  @Route(endpoints.count)
  count(@Ctx() ctx: TenantContext, @Input() { body }: In<'count'>): Promise<number> {
    return this.threads.count(ctx, body);
  }

  @Route(endpoints.prune)
  prune(@Ctx() ctx: TenantContext, @Input() { body }: In<'prune'>): Promise<{ pruned_count: number }> {
    return this.threads.prune(ctx, body);
  }

  @Route(endpoints.get)
  get(@Ctx() ctx: TenantContext, @Input() { params, query }: In<'get'>): Promise<Thread> {
    return this.threads.get(ctx, params.thread_id, query.include);
  }

  @Route(endpoints.patch)
  async patch(
    @Ctx() ctx: TenantContext,
    @Input() { params, body }: In<'patch'>,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Thread | undefined> {
    const thread = await this.threads.patch(ctx, params.thread_id, body);
    if (prefer?.includes('return=minimal') !== true) return thread;
    reply.code(204);
    return undefined;
  }

  @Route(endpoints.delete)
  delete(@Ctx() ctx: TenantContext, @Input() { params }: In<'delete'>): Promise<void> {
    return this.threads.delete(ctx, params.thread_id);
  }

  @Route(endpoints.copy)
  copy(@Ctx() ctx: TenantContext, @Input() { params }: In<'copy'>): Promise<Thread> {
    return this.threads.copy(ctx, params.thread_id);
  }
}
