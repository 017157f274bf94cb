import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module';
import { DueWaitsService } from './due-waits.service';
import { WaitsController } from './waits.controller';
import { WaitsService } from './waits.service';

/** Nodes that wait for time and for events. */
@Module({
  imports: [RunsModule],
  controllers: [WaitsController],
  providers: [WaitsService, DueWaitsService],
})
export class WaitsModule {}
