import { Module } from '@nestjs/common';
import { AnalyticsController } from './analytics.controller';
import { AnalyticsService } from './analytics.service';
import { SloMetricsService } from './slo-metrics.service';
import { SloRollUpService } from './slo-rollup.service';

/** Service levels of agents: rolled up, at /metrics and at /analytics. */
@Module({
  controllers: [AnalyticsController],
  providers: [AnalyticsService, SloMetricsService, SloRollUpService],
})
export class SloModule {}
