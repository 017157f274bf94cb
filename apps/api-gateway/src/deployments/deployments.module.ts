import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module';
import { BuildWatchService } from './build-watch.service';
import { RunMover } from './run-mover';
import { StrandedRunsService } from './stranded-runs.service';

/** What the gateway does about builds of the workers. */
@Module({
  imports: [DeliveryModule],
  providers: [BuildWatchService, RunMover, StrandedRunsService],
})
export class DeploymentsModule {}
