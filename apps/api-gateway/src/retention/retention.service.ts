import { Inject, Injectable } from '@nestjs/common';
import { RepeatingRound, ROOT_LOGGER, counter, type LogSink } from '@holdfast/nest-kit';
import { RetentionRepository } from '@holdfast/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { RoundsService } from '../rounds/rounds-service';

/** Rows of a kind that one round deletes at most. */
const BATCH = 1_000;
const PAUSE_MS = 60_000;
/** Blobs that are deleted at most under the lock that keeps their tenant's writers waiting. */
const BLOB_BATCH = 500;
/** How often each owner of blobs is looked at, hours. */
const LOOK_HOURS = 24;

const retired = counter<'what'>({ name: 'holdfast_retired_rows_total', help: 'Rows that were deleted because their time was over.', labelNames: ['what'] });

/** Deletes what has outlived its use (`docs/guides/retention.md`). Any number of gateways may do so at once. */
@Injectable()
export class RetentionService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(RetentionRepository) private readonly retention: RetentionRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(ROOT_LOGGER) log: LogSink,
  ) {
    super();
    this.rounds = new RepeatingRound({ name: 'retention', round: () => this.deleteSome(), pauseMs: PAUSE_MS, log });
  }

  /** One round. True when there is more to delete. */
  async deleteSome(): Promise<boolean> {
    const { RETENTION_DELETED_DAYS: keptDays, RETENTION_KEYS_DAYS: keyDays, RETENTION_PAST_DAYS: pastDays } = this.config;
    const journal = await this.retention.deleteJournal({ limit: BATCH, keptDays });
    const past = await this.retention.deletePast({ limit: BATCH, keyDays, pastDays });
    const blobs = await this.retention.deleteBlobs({ limit: BLOB_BATCH, keptDays, everyHours: LOOK_HOURS });
    const counts = Object.entries({ run_events: journal, ...past, blobs: blobs.deleted });
    for (const [what, count] of counts) retired.inc({ what }, count);
    return blobs.looked > 0 || counts.some(([, count]) => count >= BATCH);
  }
}
