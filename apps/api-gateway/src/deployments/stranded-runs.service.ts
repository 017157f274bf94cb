import { Inject, Injectable } from '@nestjs/common';
import { AGENT_TASK_WORKFLOW_TYPE, THREAD_WORKFLOW_TYPE } from '@holdfast/agent-runtime/api';
import { RepeatingRound, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { BuildsRepository } from '@holdfast/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { RoundsService } from '../delivery/rounds-service';
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
    @Inject(ROOT_LOGGER) log: LogSink,
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
      for (const execution of await deployments.openExecutions(from.buildId, BATCH, THREADS)) moved += (await this.mover.move(execution, current, from)) ? 1 : 0;
      for (const task of await deployments.openExecutions(from.buildId, BATCH, TASKS)) moved += (await this.mover.endStray(task, from)) ? 1 : 0;
    }
    const old = `StartTime < '${new Date(Date.now() - this.config.DRAIN_AFTER_MS).toISOString()}'`;
    for (const buildId of leftBuilds(state, builds)) {
      for (const execution of await deployments.openExecutions(buildId, BATCH, `${THREADS} AND ${old}`)) moved += (await this.mover.drain(execution, current)) ? 1 : 0;
    }
    return moved;
  }
}
