import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { RepeatingRound, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { ThreadTtlsRepository, type DueThread } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { inTurn } from '../rounds/in-turn';
import { RoundsService } from '../rounds/rounds-service';
import { swept } from '../rounds/swept';

const BATCH = 100;
/** A claimed thread is not given to another gateway for so long. */
const LEASE_MS = 15_000;

/** Deletes threads whose time is over. Any number of gateways may do so at once. */
@Injectable()
export class ThreadExpiryService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(ThreadTtlsRepository) private readonly ttls: ThreadTtlsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    super();
    const round = async (): Promise<boolean> => (await this.look()) === BATCH;
    this.rounds = new RepeatingRound({ name: 'look for expired threads', round, pauseMs: config.SWEEP_INTERVAL_MS, log });
  }

  /** One round. Gives how many threads it looked at. */
  async look(): Promise<number> {
    const due = await this.ttls.claimDue({ limit: BATCH, leaseMs: LEASE_MS });
    await inTurn(
      due,
      (thread) => this.expire(thread),
      (err, { tenantId, threadId }) =>
        this.log.debug({ err, tenant_id: tenantId, thread_id: threadId }, 'an expired thread could not be deleted; it is tried again'),
    );
    return due.length;
  }

  private async expire({ tenantId, threadId }: DueThread): Promise<void> {
    const ctx = systemContext(tenantId, 'expiry', `expiry-${randomUUID()}`);
    if (!(await this.ttls.isExpired(ctx, threadId))) return;
    // A workflow that waits for the thread's next turn refers to its texts.
    if ((await this.temporal.threads().openExecution(ctx, threadId)) !== null) return;
    if (await this.ttls.deleteExpired(ctx, threadId)) swept.inc({ what: 'expired-thread' });
  }
}
