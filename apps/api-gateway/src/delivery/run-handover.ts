import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { isHoldfastError } from '@holdfast/contracts/errors';
import { ROOT_LOGGER, counter, type LogSink } from '@holdfast/nest-kit';
import type { DeliveryWay, RunStarterClient, RunToDeliver } from '@holdfast/rpc/client';
import type { TenantContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { WORKERS } from '../connections/connections.module';
import { TemporalLink } from '../connections/temporal-link';
import { RecentTurns } from './recent-turns';

/** How long a worker may take to start a run before the gateway does it, ms; idle it takes under 20, busy it still does it more cheaply. */
const WORKER_DEADLINE_MS = 2_000;
/** So long no worker is asked after one has not answered in time: else each run would wait for {@link WORKER_DEADLINE_MS}. */
const WORKER_PAUSE_MS = 5_000;

const handedOver = counter<'by' | 'way'>({
  name: 'holdfast_run_handovers_total',
  help: 'Runs handed to their workflow, by who called Temporal (worker or gateway) and how (eager: begun in the worker that was asked; started; enqueued).',
  labelNames: ['by', 'way'],
});

/**
 * Brings a run to its thread's workflow: through a worker, in which the workflow then begins at once, or over the gateway's own connection
 * when no worker answers soon. A worker that was only slow does no harm: the server knows the attempt by its id.
 */
@Injectable()
export class RunHandover {
  #pausedUntil = Number.NEGATIVE_INFINITY;
  readonly #turns: RecentTurns;

  constructor(
    @Inject(WORKERS) private readonly workers: Pick<RunStarterClient, 'deliver'> | undefined,
    @Inject(TemporalLink) private readonly temporal: Pick<TemporalLink, 'threads'>,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
    @Inject(GATEWAY_CONFIG) config: Pick<GatewayConfig, 'THREAD_LINGER_MS'>,
  ) {
    this.#turns = new RecentTurns(config.THREAD_LINGER_MS);
  }

  /** @throws HoldfastError DEPENDENCY_UNAVAILABLE or DEADLINE_EXCEEDED: the run may or may not have arrived; deliver again */
  async handOver(ctx: TenantContext, run: Omit<RunToDeliver, 'deliveryId' | 'lingerMs'>): Promise<void> {
    const { lingers, ...plan } = this.#turns.next(ctx.tenantId, run.threadId, run.runId);
    const planned = { ...run, ...plan, deliveryId: randomUUID() };
    // To an open workflow the way through a worker would only be longer.
    const byWorker = lingers ? undefined : await this.throughWorker(ctx, planned);
    if (byWorker !== undefined) {
      handedOver.inc({ by: 'worker', way: byWorker });
      return;
    }
    const traced = ctx.traceparent === undefined ? planned : { ...planned, traceparent: ctx.traceparent };
    const { way } = await this.temporal.threads().deliver(ctx, { ...traced, lingers });
    handedOver.inc({ by: 'gateway', way });
  }

  private async throughWorker(ctx: TenantContext, run: RunToDeliver): Promise<DeliveryWay | undefined> {
    if (this.workers === undefined || performance.now() < this.#pausedUntil) return undefined;
    try {
      return await this.workers.deliver(ctx, run, { timeoutMs: WORKER_DEADLINE_MS });
    } catch (error) {
      if (isHoldfastError(error) && error.code === 'DEADLINE_EXCEEDED') this.#pausedUntil = performance.now() + WORKER_PAUSE_MS;
      this.log.debug({ err: error, run_id: run.runId }, 'no worker took the run: the gateway starts it');
      return undefined;
    }
  }
}
