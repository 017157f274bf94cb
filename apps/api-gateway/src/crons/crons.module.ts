import { Module } from '@nestjs/common';
import { AssistantsModule } from '../assistants/assistants.module';
import { RunsModule } from '../runs/runs.module';
import { CronFiringsService } from './cron-firings.service';
import { CronSyncService } from './cron-sync.service';
import { CronsController } from './crons.controller';
import { CronsService } from './crons.service';

/** Runs by the clock. */
@Module({
  imports: [AssistantsModule, RunsModule],
  controllers: [CronsController],
  providers: [CronsService, CronSyncService, CronFiringsService],
})
export class CronsModule {}
