import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module';
import { StrandedRunsService } from './stranded-runs.service';

/** What the gateway does about builds of the workers. */
@Module({
  imports: [DeliveryModule],
  providers: [StrandedRunsService],
})
export class DeploymentsModule {}
