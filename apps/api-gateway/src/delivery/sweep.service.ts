import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { RepeatingRound, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { RunsRepository, type DueDelivery } from '@holdfast/persistence';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { inTurn } from '../rounds/in-turn';
import { RoundsService } from '../rounds/rounds-service';
import { swept } from '../rounds/swept';
import { DeliveryService, type Delivery } from './delivery.service';

const BATCH = 100;
/** A claimed run is not given to another sweep for so long: longer than a delivery may take. */
const LEASE_MS = 15_000;

/**
 * Finds what a request left undone: runs that never reached Temporal (the process died between commit and delivery, Temporal was
 * away, the run was to start later). Any number of gateways may sweep at once.
 */
@Injectable()
export class SweepService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    super();
    this.rounds = new RepeatingRound({ name: 'sweep', round: async () => (await this.sweep()) === BATCH, pauseMs: config.SWEEP_INTERVAL_MS, log });
  }

  /** One round. Gives how many runs it handed to delivery. */
  async sweep(): Promise<number> {
    const due = await this.runs.claimDueDeliveries({ limit: BATCH, leaseMs: LEASE_MS });
    swept.inc({ what: 'run' }, due.length);
    await inTurn(
      due,
      (delivery) => this.redeliver(delivery),
      (err, { tenantId, runId }) => this.log.warn({ err, tenant_id: tenantId, run_id: runId }, 'a run could not be delivered; it is tried again'),
    );
    return due.length;
  }

  private async redeliver(due: DueDelivery): Promise<void> {
    const ctx = systemContext(due.tenantId, 'sweep', `sweep-${randomUUID()}`, due.traceparent ?? undefined);
    const displaces = await this.displacedBy(ctx, due);
    this.deliveries.deliverSoon(ctx, {
      threadId: due.threadId,
      runId: due.runId,
      graphId: due.graphId,
      now: true,
      ...(displaces === undefined ? {} : { displaces }),
    });
  }

  /** The process may have died before it cancelled what the run was to displace. */
  private async displacedBy(ctx: TenantContext, due: DueDelivery): Promise<Delivery['displaces']> {
    const run = await this.runs.get(ctx, { runId: due.runId });
    const action = run?.multitask_strategy;
    if (action !== 'interrupt' && action !== 'rollback') return undefined;
    const active = await this.runs.activeRuns(ctx, due.threadId);
    const own = active.findIndex(({ runId }) => runId === due.runId);
    return { action, runs: own === -1 ? [] : active.slice(0, own) };
  }
}
