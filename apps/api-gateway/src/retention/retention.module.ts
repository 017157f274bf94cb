import { Module } from '@nestjs/common';
import { RetentionService } from './retention.service';
import { StatelessCleanupService } from './stateless-cleanup.service';

/** Deletes what has outlived its use. */
@Module({ providers: [RetentionService, StatelessCleanupService] })
export class RetentionModule {}
