import { Controller, Inject, Res } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply } from 'fastify';
import { Ctx } from '../auth/ctx.decorator';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { waitEndpoints as endpoints } from './waits.endpoints';
import type { PostedEvent, Wait } from './waits.schema';
import { WaitsService } from './waits.service';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** /waits and /events */
@Controller()
export class WaitsController {
  constructor(@Inject(WaitsService) private readonly waits: WaitsService) {}

  @Route(endpoints.list)
  async list(@Ctx() ctx: TenantContext, @Input() { query }: In<'list'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Wait[]> {
    const { items, next } = await this.waits.list(ctx, query);
    if (next !== undefined) reply.header('X-Pagination-Next', next);
    return items;
  }

  @Route(endpoints.post)
  post(@Ctx() ctx: TenantContext, @Input() { body }: In<'post'>): Promise<PostedEvent> {
    return this.waits.post(ctx, body);
  }
}
