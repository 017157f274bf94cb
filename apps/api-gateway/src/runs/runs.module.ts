import { Module } from '@nestjs/common';
import { AssistantsModule } from '../assistants/assistants.module';
import { DeliveryModule } from '../delivery/delivery.module';
import { StreamingModule } from '../streaming/streaming.module';
import { DrivenRuns } from './driven-runs';
import { RunCompensationService } from './run-compensation.service';
import { RunCreationService } from './run-creation.service';
import { RunOperationsController } from './run-operations.controller';
import { RunPauseService } from './run-pause.service';
import { RunRepairService } from './run-repair.service';
import { RunResponses } from './run-responses';
import { RunSteeringService } from './run-steering.service';
import { RunsController } from './runs.controller';
import { RunsService } from './runs.service';
import { StatelessRunsController } from './stateless-runs.controller';

/** Turns on threads. */
@Module({
  imports: [AssistantsModule, DeliveryModule, StreamingModule],
  controllers: [RunsController, RunOperationsController, StatelessRunsController],
  providers: [
    DrivenRuns,
    RunCompensationService,
    RunCreationService,
    RunPauseService,
    RunRepairService,
    RunResponses,
    RunSteeringService,
    RunsService,
  ],
  exports: [RunCreationService],
})
export class RunsModule {}
