import { Inject, Injectable } from '@nestjs/common';
import { AGENT_TASK_WORKFLOW_TYPE, THREAD_WORKFLOW_TYPE } from '@holdfast/agent-runtime/api';
import type { OpenExecution } from '@holdfast/agent-runtime/deployments';
import { RepeatingRound, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { BuildsRepository } from '@holdfast/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { RoundsService } from '../rounds/rounds-service';
import { RunMover } from './run-mover';
import { leftBuilds, strandedBuilds } from './stranded-builds';

const BATCH = 100;
const THREADS = `WorkflowType = '${THREAD_WORKFLOW_TYPE}'`;
const TASKS = `WorkflowType = '${AGENT_TASK_WORKFLOW_TYPE}'`;

/**
 * Moves runs to the build of new runs: at once from builds where they cannot end, at their next superstep the long ones of builds that take no
 * new runs. Any number of gateways may do this at once.
 */
@Injectable()
export class StrandedRunsService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(BuildsRepository) private readonly builds: BuildsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(RunMover) private readonly mover: RunMover,
    @Inject(GATEWAY_CONFIG) private readonly config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    super();
    this.rounds = new RepeatingRound({ name: 'look for stranded runs', round: async () => (await this.look()) >= BATCH, pauseMs: config.DEPLOYMENT_INTERVAL_MS, log });
  }

  /** One round. Gives how many workflows it ended or asked to let go. */
  async look(): Promise<number> {
    const deployments = this.temporal.deployments();
    const [state, builds] = await Promise.all([deployments.describe(), this.builds.list()]);
    const current = builds.find(({ buildId }) => buildId === state?.current);
    // There would be nobody to move them to.
    if (current === undefined || current.workers === 0) return 0;
    let moved = 0;
    for (const from of strandedBuilds(state, builds)) {
      moved += await this.each(deployments.eachOpen(from.buildId, THREADS), (execution) => this.mover.move(execution, current, from));
      moved += await this.each(deployments.eachOpen(from.buildId, TASKS), (task) => this.mover.endStray(task, from));
    }
    const old = `StartTime < '${new Date(Date.now() - this.config.DRAIN_AFTER_MS).toISOString()}'`;
    for (const buildId of leftBuilds(state, builds)) {
      moved += await this.each(deployments.eachOpen(buildId, `${THREADS} AND ${old}`), (execution) => this.mover.drain(execution, current));
    }
    return moved;
  }

  /** Goes on until a batch was done: those that stay do not stand before the others. Gives how many were done. */
  private async each(executions: AsyncIterable<OpenExecution>, act: (execution: OpenExecution) => Promise<boolean>): Promise<number> {
    let done = 0;
    for await (const execution of executions) {
      try {
        if (await act(execution)) done += 1;
      } catch (error) {
        // One that cannot be moved must not keep the others where they are; the next round comes to it again.
        this.log.warn({ err: error, workflow_id: execution.workflowId }, 'a run could not be moved; it is tried again');
      }
      if (done >= BATCH) break;
    }
    return done;
  }
}
