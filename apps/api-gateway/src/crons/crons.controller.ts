import { Controller, Inject, Res } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import type { FastifyReply } from 'fastify';
import { Ctx } from '../auth/ctx.decorator';
import { pick, sendPage } from '../http/pagination';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { cronEndpoints as endpoints } from './crons.endpoints';
import type { Cron, CronDetail } from './crons.schema';
import { CronsService } from './crons.service';

type In<K extends keyof typeof endpoints> = InputOf<(typeof endpoints)[K]>;

/** /runs/crons */
@Controller()
export class CronsController {
  constructor(@Inject(CronsService) private readonly crons: CronsService) {}

  @Route(endpoints.create)
  create(@Ctx() ctx: TenantContext, @Input() { body }: In<'create'>): Promise<Cron> {
    return this.crons.create(ctx, null, body);
  }

  @Route(endpoints.createForThread)
  createForThread(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'createForThread'>): Promise<Cron> {
    return this.crons.create(ctx, params.thread_id, body);
  }

  @Route(endpoints.search)
  async search(@Ctx() ctx: TenantContext, @Input() { body }: In<'search'>, @Res({ passthrough: true }) reply: FastifyReply): Promise<Partial<Cron>[]> {
    return sendPage(reply, await this.crons.search(ctx, body)).map((cron) => pick(cron, body.select));
  }

  @Route(endpoints.count)
  count(@Ctx() ctx: TenantContext, @Input() { body }: In<'count'>): Promise<number> {
    return this.crons.count(ctx, body);
  }

  @Route(endpoints.get)
  get(@Ctx() ctx: TenantContext, @Input() { params }: In<'get'>): Promise<CronDetail> {
    return this.crons.get(ctx, params.cron_id);
  }

  @Route(endpoints.update)
  update(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'update'>): Promise<Cron> {
    return this.crons.update(ctx, params.cron_id, body);
  }

  @Route(endpoints.delete)
  delete(@Ctx() ctx: TenantContext, @Input() { params }: In<'delete'>): Promise<void> {
    return this.crons.delete(ctx, params.cron_id);
  }

  @Route(endpoints.backfill)
  backfill(@Ctx() ctx: TenantContext, @Input() { params, body }: In<'backfill'>): Promise<void> {
    return this.crons.backfill(ctx, params.cron_id, body);
  }
}
