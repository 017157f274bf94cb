import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { ROOT_LOGGER, counter, histogram, runWithLogContext, type LogSink } from '@holdfast/nest-kit';
import { runWithTraceparent, withSpan } from '@holdfast/nest-kit/tracing';
import type { ActiveRun } from '@holdfast/persistence';
import type { TenantContext } from '@holdfast/tenant-context';
import { CancelService } from './cancel.service';
import { DeliveryStamps } from './delivery-stamps';
import { RunHandover } from './run-handover';

/** A committed run on its way to its thread's workflow. */
export interface Delivery {
  readonly threadId: string;
  readonly runId: string;
  readonly graphId: string;
  /** Double-texting: what happens to the runs before this one. */
  readonly displaces?: { readonly action: 'interrupt' | 'rollback'; readonly runs: readonly ActiveRun[] };
  /** False: only displace; the sweep delivers when its time has come. */
  readonly now: boolean;
}

/** Deliveries under way at once. */
const MAX_CONCURRENT = 64;
/** Deliveries that wait; beyond it they are left to the sweep. */
const MAX_QUEUED = 2_000;

const delivered = counter<'outcome'>({ name: 'holdfast_run_deliveries_total', help: 'Runs handed to Temporal.', labelNames: ['outcome'] });
const seconds = histogram({
  name: 'holdfast_run_delivery_duration_seconds',
  help: 'Time from the commit of a run to its acceptance by Temporal.',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});

/**
 * Hands committed runs to Temporal, outside of the request that made them: the row makes a run durable, so a caller need not wait
 * for Temporal, and a delivery that fails or is lost with the process is repeated by the sweep.
 */
@Injectable()
export class DeliveryService implements OnModuleDestroy {
  readonly #queue: (() => Promise<void>)[] = [];
  readonly #running = new Set<Promise<void>>();
  /** Tenant and run of what is queued or under way. */
  readonly #known = new Set<string>();

  constructor(
    @Inject(DeliveryStamps) private readonly stamps: DeliveryStamps,
    @Inject(RunHandover) private readonly handover: RunHandover,
    @Inject(CancelService) private readonly cancels: CancelService,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {}

  /** Delivers in the background. Never throws. */
  deliverSoon(ctx: TenantContext, delivery: Delivery): void {
    // Clients may choose run ids: two tenants may choose the same.
    const key = `${ctx.tenantId}/${delivery.runId}`;
    if (this.#queue.length >= MAX_QUEUED || this.#known.has(key)) return;
    this.#known.add(key);
    this.#queue.push(() => this.deliver(ctx, delivery).finally(() => this.#known.delete(key)));
    this.#pump();
  }

  /** Lets deliveries under way finish; what is queued is left to the sweep of the next process. */
  async onModuleDestroy(): Promise<void> {
    this.#queue.length = 0;
    await Promise.allSettled(this.#running);
    await this.stamps.flush();
  }

  #pump(): void {
    while (this.#running.size < MAX_CONCURRENT) {
      const next = this.#queue.shift();
      if (next === undefined) return;
      const running: Promise<void> = next().finally(() => {
        this.#running.delete(running);
        this.#pump();
      });
      this.#running.add(running);
    }
  }

  private async deliver(ctx: TenantContext, delivery: Delivery): Promise<void> {
    const ids = { tenant_id: ctx.tenantId, thread_id: delivery.threadId, run_id: delivery.runId };
    const begun = performance.now();
    await runWithTraceparent(ctx.traceparent, () =>
      runWithLogContext(ids, async () => {
        try {
          await withSpan('run.deliver', { 'holdfast.run_id': delivery.runId }, () => this.handOver(ctx, delivery), { kind: 'producer' });
          delivered.inc({ outcome: 'accepted' });
          seconds.observe((performance.now() - begun) / 1000);
        } catch (error) {
          delivered.inc({ outcome: 'failed' });
          this.log.warn({ err: error }, 'run not delivered; the sweep repeats it');
        }
      }),
    );
  }

  private async handOver(ctx: TenantContext, delivery: Delivery): Promise<void> {
    const { threadId, runId, graphId, displaces } = delivery;
    // Before the new run, so that it need not wait for the old one's end.
    for (const old of displaces?.runs ?? []) {
      await this.cancels.cancel(ctx, { threadId, runId: old.runId, action: displaces?.action ?? 'interrupt', reason: `displaced by run ${runId}` });
    }
    if (!delivery.now) return;
    await this.handover.handOver(ctx, { threadId, runId, graphId });
    this.stamps.add(ctx.tenantId, runId);
  }
}
