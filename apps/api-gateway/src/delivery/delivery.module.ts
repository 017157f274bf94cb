import { Module } from '@nestjs/common';
import { StreamingModule } from '../streaming/streaming.module';
import { CancelService } from './cancel.service';
import { DeliveryService } from './delivery.service';
import { DeliveryStamps } from './delivery-stamps';
import { RunHandover } from './run-handover';
import { StaleRunsService } from './stale-runs.service';
import { SweepService } from './sweep.service';

/** The way of committed runs to Temporal, and of cancellations. */
@Module({
  imports: [StreamingModule],
  providers: [CancelService, DeliveryService, DeliveryStamps, RunHandover, StaleRunsService, SweepService],
  exports: [CancelService, DeliveryService],
})
export class DeliveryModule {}
