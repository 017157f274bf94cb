import { Module } from '@nestjs/common';
import { RunsModule } from '../runs/runs.module';
import { StreamingModule } from '../streaming/streaming.module';
import { ApprovalsController } from './approvals.controller';
import { ApprovalsService } from './approvals.service';
import { DueApprovalsService } from './due-approvals.service';

/** People in the loop. */
@Module({
  imports: [RunsModule, StreamingModule],
  controllers: [ApprovalsController],
  providers: [ApprovalsService, DueApprovalsService],
})
export class ApprovalsModule {}
