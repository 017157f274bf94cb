import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { isHoldfastError } from '@holdfast/contracts/errors';
import { ROOT_LOGGER, counter, type LogSink } from '@holdfast/nest-kit';
import { RunsRepository, ThreadsRepository, type DueDelivery } from '@holdfast/persistence';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { DeliveryService, type Delivery } from './delivery.service';

const BATCH = 100;
/** A claimed run is not given to another sweep for so long: longer than a delivery may take. */
const LEASE_MS = 15_000;

const swept = counter<'what'>({ name: 'holdfast_sweep_found_total', help: 'Rows that the sweep had to take care of.', labelNames: ['what'] });

/**
 * Finds what a request left undone: runs that never reached Temporal (the process died between commit and delivery, Temporal was
 * away, the run was to start later) and threads of finished stateless runs. Any number of gateways may sweep at once.
 */
@Injectable()
export class SweepService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #stopping = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(ThreadsRepository) private readonly threads: ThreadsRepository,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {}

  /** Begins sweeping. */
  onApplicationBootstrap(): void {
    this.#loop = this.run();
  }

  /** Ends the loop. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
  }

  /** One round. Gives how many runs it handed to delivery. */
  async sweep(): Promise<number> {
    const due = await this.runs.claimDueDeliveries({ limit: BATCH, leaseMs: LEASE_MS });
    for (const delivery of due) {
      swept.inc({ what: 'run' });
      await this.redeliver(delivery);
    }
    await this.deleteFinishedStateless();
    return due.length;
  }

  private async run(): Promise<void> {
    const { signal } = this.#stopping;
    let healthy = true;
    while (!signal.aborted) {
      let found = 0;
      try {
        found = await this.sweep();
        healthy = true;
      } catch (error) {
        // One line per outage: readiness reports it too.
        if (healthy && !(isHoldfastError(error) && error.retryable)) this.log.error({ err: error }, 'sweep failed');
        healthy = false;
      }
      // Jittered, so that replicas do not sweep in step.
      const pause = found === BATCH ? 0 : this.config.SWEEP_INTERVAL_MS * (0.75 + Math.random() * 0.5);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
    }
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

  private async deleteFinishedStateless(): Promise<void> {
    const finished = await this.runs.listFinishedStateless({ limit: BATCH, graceMs: this.config.STATELESS_GRACE_MS });
    for (const { tenantId, threadId } of finished) {
      swept.inc({ what: 'stateless-thread' });
      await this.threads.delete(systemContext(tenantId, 'sweep', `sweep-${randomUUID()}`), threadId);
    }
  }
}
