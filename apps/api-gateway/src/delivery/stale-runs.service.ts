import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { RepeatingRound, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { RunsRepository, type StaleRun } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { inTurn } from '../rounds/in-turn';
import { RoundsService } from '../rounds/rounds-service';
import { swept } from '../rounds/swept';
import { DeliveryService } from './delivery.service';

const BATCH = 100;

/**
 * Finds runs that are said to be running while no workflow drives them: it was terminated, it failed, or Temporal was restored from a
 * backup. Such a run is delivered again and goes on from its last checkpoint. Any number of gateways may look at once.
 */
@Injectable()
export class StaleRunsService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    super();
    this.rounds = new RepeatingRound({ name: 'look for stale runs', round: async () => (await this.look()) === BATCH, pauseMs: config.STALE_RUN_MS / 4, log });
  }

  /** One round. Gives how many runs it looked at. */
  async look(): Promise<number> {
    const { STALE_RUN_MS } = this.config;
    // The lease makes a long call cost one look per period.
    const stale = await this.runs.claimStaleRuns({ limit: BATCH, staleMs: STALE_RUN_MS, leaseMs: STALE_RUN_MS });
    await inTurn(
      stale,
      (run) => this.revive(run),
      (err, { tenantId, runId }) => this.log.warn({ err, tenant_id: tenantId, run_id: runId }, 'a stale run could not be looked after; it is tried again'),
    );
    return stale.length;
  }

  private async revive(run: StaleRun): Promise<void> {
    const { tenantId, threadId, runId, graphId } = run;
    const ctx = systemContext(tenantId, 'sweep', `stale-${randomUUID()}`, run.traceparent ?? undefined);
    const open = await this.temporal.threads().openExecution(ctx, threadId);
    // Another execution is open: it carries the run on, or drives another run and must be told of this one. It knows.
    if (open !== null && open === run.workflowRunId) return;
    swept.inc({ what: 'stale-run' });
    this.log.warn({ tenant_id: tenantId, thread_id: threadId, run_id: runId }, 'no workflow drives this run any more: it is delivered again');
    this.deliveries.deliverSoon(ctx, { threadId, runId, graphId, now: true });
  }
}
