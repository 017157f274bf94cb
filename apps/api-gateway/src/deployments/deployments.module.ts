import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module';
import { BuildWatchService } from './build-watch.service';
import { StrandedRunsService } from './stranded-runs.service';

/** What the gateway does about builds of the workers. */
@Module({
  imports: [DeliveryModule],
  providers: [BuildWatchService, StrandedRunsService],
})
export class DeploymentsModule {}
