import { Controller, Inject } from '@nestjs/common';
import type { TenantContext } from '@holdfast/tenant-context';
import { Ctx } from '../auth/ctx.decorator';
import type { InputOf } from '../openapi/endpoint';
import { Input, Route } from '../openapi/route.decorator';
import { analyticsEndpoints as endpoints } from './analytics.endpoints';
import type { SloReport } from './analytics.schema';
import { AnalyticsService } from './analytics.service';

/** /analytics */
@Controller()
export class AnalyticsController {
  constructor(@Inject(AnalyticsService) private readonly analytics: AnalyticsService) {}

  @Route(endpoints.slo)
  slo(@Ctx() ctx: TenantContext, @Input() { query }: InputOf<typeof endpoints.slo>): Promise<SloReport> {
    return this.analytics.serviceLevels(ctx, query);
  }
}
