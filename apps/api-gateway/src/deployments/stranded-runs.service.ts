import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { threadOfWorkflow } from '@holdfast/agent-runtime/api';
import type { OpenExecution } from '@holdfast/agent-runtime/deployments';
import { ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { BuildsRepository, RunsRepository } from '@holdfast/persistence';
import { systemContext } from '@holdfast/tenant-context';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { DeliveryService } from '../delivery/delivery.service';
import { RepeatingRound } from '../delivery/repeating-round';
import { swept } from '../delivery/swept';
import { type StrandedBuild, strandedBuilds } from './stranded-builds';

const BATCH = 100;

/**
 * Moves runs away from builds where they cannot end: their workflows are ended, and the runs are delivered again, to the build of new runs.
 * They go on from their last checkpoint, and the ledgers answer the calls that had finished. Replaying them on another build instead (a
 * versioning override) would work only for builds with the same code. Any number of gateways may do this at once.
 */
@Injectable()
export class StrandedRunsService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #rounds: RepeatingRound;

  constructor(
    @Inject(BuildsRepository) private readonly builds: BuildsRepository,
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    this.#rounds = new RepeatingRound({ name: 'look for stranded runs', round: async () => (await this.look()) >= BATCH, pauseMs: config.DEPLOYMENT_INTERVAL_MS, log });
  }

  /** Begins looking. */
  onApplicationBootstrap(): void {
    this.#rounds.start();
  }

  /** Ends the loop. */
  onModuleDestroy(): Promise<void> {
    return this.#rounds.stop();
  }

  /** One round. Gives how many workflows it ended. */
  async look(): Promise<number> {
    const deployments = this.temporal.deployments();
    const [state, builds] = await Promise.all([deployments.describe(), this.builds.list()]);
    let moved = 0;
    for (const build of strandedBuilds(state, builds)) {
      for (const execution of await deployments.openExecutions(build.buildId, BATCH)) {
        await this.move(build, execution);
        moved += 1;
      }
    }
    return moved;
  }

  private async move({ buildId, why }: StrandedBuild, execution: OpenExecution): Promise<void> {
    const thread = threadOfWorkflow(execution.workflowId);
    if (thread === undefined) return; // a workflow of a thread's workflow ends with it
    const { tenantId, threadId } = thread;
    const ctx = systemContext(tenantId, 'sweep', `stranded-${randomUUID()}`);
    await this.temporal.deployments().terminate(execution, why);
    swept.inc({ what: 'stranded-run' });
    this.log.warn({ tenant_id: tenantId, thread_id: threadId, build_id: buildId }, `a run is moved to the build of new runs: ${why}`);
    for (const { runId, status } of await this.runs.activeRuns(ctx, threadId)) {
      // The sweep takes care of those that have not begun: some of them are to begin later.
      if (status !== 'running') continue;
      const run = await this.runs.get(ctx, { runId });
      if (run !== null) this.deliveries.deliverSoon({ ...ctx, ...(run.traceparent === null ? {} : { traceparent: run.traceparent }) }, { threadId, runId, graphId: run.graph_id, now: true });
    }
  }
}
