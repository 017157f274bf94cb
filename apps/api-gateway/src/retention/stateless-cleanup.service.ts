import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { RepeatingRound, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { RunsRepository, ThreadsRepository } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { RoundsService } from '../rounds/rounds-service';
import { swept } from '../rounds/swept';

const BATCH = 100;

/**
 * Deletes the threads of finished stateless runs. Apart from the sweep, because there may be thousands a minute and no run is to wait
 * for its delivery meanwhile. Any number of gateways may do so at once.
 */
@Injectable()
export class StatelessCleanupService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(ROOT_LOGGER) log: LogSink,
  ) {
    super();
    this.rounds = new RepeatingRound({ name: 'cleanup of stateless runs', round: () => this.deleteSome(), pauseMs: config.SWEEP_INTERVAL_MS, log });
  }

  /** One round. True when there is more to delete. */
  async deleteSome(): Promise<boolean> {
    const finished = await this.runs.listFinishedStateless({ limit: BATCH, graceMs: this.config.STATELESS_GRACE_MS });
    let deleted = 0;
    for (const { tenantId, threadId } of finished) {
      if (await this.threads.deleteIdle(systemContext(tenantId, 'sweep', `sweep-${randomUUID()}`), threadId)) deleted += 1;
    }
    swept.inc({ what: 'stateless-thread' }, deleted);
    // When another gateway was faster with all of them, it goes on with the next.
    return finished.length === BATCH && deleted > 0;
  }
}
