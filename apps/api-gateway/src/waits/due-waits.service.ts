import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RepeatingRound, ROOT_LOGGER, counter, type LogSink } from '@holdfast/nest-kit';
import { WaitsRepository, type DueWait } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { v7 as uuidv7 } from 'uuid';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { mapBounded } from '../rounds/map-bounded';
import { RunCreationService } from '../runs/run-creation.service';

const BATCH = 100;
/** A claimed wait is not given to another gateway for so long. One whose thread is busy becomes free when the run there ends. */
const LEASE_MS = 15_000;
const EXPIRED_BATCH = 1_000;
const EXPIRED_PAUSE_MS = 60_000;
/** So long after it was posted an event that has not woken all of its waits is gone on with: its poster did not. */
const REST_AFTER_MS = 15_000;

const over = counter<'outcome'>({ name: 'holdfast_waits_over_total', help: 'How waits for time and for events ended.', labelNames: ['outcome'] });

/** Goes on with threads whose time has come or whose event was posted. Any number of gateways may do so at once. */
@Injectable()
export class DueWaitsService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #rounds: readonly RepeatingRound[];
  #looking: Promise<void> | undefined;

  constructor(
    @Inject(WaitsRepository) private readonly waits: WaitsRepository,
    @Inject(RunCreationService) private readonly creation: RunCreationService,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    const look = async (): Promise<boolean> => (await this.look()) === BATCH;
    const rest = (): Promise<boolean> => waits.wakeRest({ afterMs: REST_AFTER_MS });
    const forget = async (): Promise<boolean> => (await waits.deleteExpired(EXPIRED_BATCH)) === EXPIRED_BATCH;
    this.#rounds = [
      new RepeatingRound({ name: 'look for due waits', round: look, pauseMs: config.SWEEP_INTERVAL_MS, log }),
      new RepeatingRound({ name: 'wake the rest of waits', round: rest, pauseMs: config.SWEEP_INTERVAL_MS, log }),
      new RepeatingRound({ name: 'delete old events', round: forget, pauseMs: EXPIRED_PAUSE_MS, log }),
    ];
  }

  /** Begins looking. */
  onApplicationBootstrap(): void {
    for (const round of this.#rounds) round.start();
  }

  /** Ends the loops. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all([this.#looking, ...this.#rounds.map((round) => round.stop())]);
  }

  /** Looks at once, beside the rounds: an event need not wait for the next one. What it misses, they find. */
  lookSoon(): void {
    this.#looking ??= this.look()
      .then(
        () => undefined,
        (error: unknown) => this.log.debug({ err: error }, 'the look for due waits after an event failed; the next round repeats it'),
      )
      .finally(() => (this.#looking = undefined));
  }

  /** One round. Gives how many waits it looked at. */
  async look(): Promise<number> {
    const { claimed, due } = await this.waits.claimDue({ limit: BATCH, leaseMs: LEASE_MS });
    await mapBounded(due, (wait) => this.wake(wait));
    return claimed;
  }

  private async wake({ tenantId, threadId }: DueWait): Promise<void> {
    const ctx = systemContext(tenantId, 'waits', `wait-${randomUUID()}`);
    try {
      const result = await this.waits.wake(ctx, { threadId, resumeRunId: uuidv7() });
      if (result.kind === 'orphaned') this.log.warn({ tenant_id: tenantId, thread_id: threadId }, 'a wait was given up: the run that asked is gone');
      if (result.kind !== 'woken') return;
      this.creation.handOver(ctx, { run: result.run, notice: result.notice, activeRuns: [] }, 'enqueue');
      for (const outcome of result.outcomes) over.inc({ outcome });
      this.log.debug({ tenant_id: tenantId, thread_id: threadId, run_id: result.run.run_id, outcomes: result.outcomes }, 'a wait is over');
    } catch (error) {
      // One that cannot go on must not keep the others from their turn; its lease brings it back.
      this.log.warn({ err: error, tenant_id: tenantId, thread_id: threadId }, 'a due wait could not be ended; it is tried again');
    }
  }
}
