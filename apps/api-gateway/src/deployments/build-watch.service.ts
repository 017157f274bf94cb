import { Inject, Injectable } from '@nestjs/common';
import { isHoldfastError } from '@holdfast/contracts/errors';
import { type BuildHealth, type DeploymentState, STUCK_QUERY, previousBuild, reasonToTakeBack, rollBack } from '@holdfast/agent-runtime/deployments';
import { RepeatingRound, ROOT_LOGGER, counter, type LogSink } from '@holdfast/nest-kit';
import { type BuildRow, BuildsRepository } from '@holdfast/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { TemporalLink } from '../connections/temporal-link';
import { RoundsService } from '../rounds/rounds-service';

/** A build is watched for so long after it became the current one, ms. */
const PROBATION_MS = 30 * 60_000;

const rolledBack = counter({ name: 'holdfast_builds_taken_back_total', help: 'Builds that were taken back because they failed.' });

/** A build on trial, and the one that it is compared with. */
export interface Trial {
  readonly buildId: string;
  readonly before: string;
}

/** The build that is ramping, else the current one while it is new and there is one to go back to. */
export function trialOf(state: DeploymentState, builds: readonly BuildRow[], now: Date): Trial | undefined {
  const { current, currentSince, ramping } = state;
  if (current === undefined) return undefined;
  if (ramping !== undefined) return { buildId: ramping.buildId, before: current };
  const isNew = currentSince !== undefined && now.getTime() - currentSince.getTime() < PROBATION_MS;
  const before = isNew ? previousBuild(state, builds) : undefined;
  return before === undefined ? undefined : { buildId: current, before };
}

/**
 * Watches a build that is new, and takes it back when it does worse than the one before it. It then gets no new runs, and its open ones are
 * moved (StrandedRunsService). Any number of gateways may watch: Temporal's conflict token lets one of them act.
 */
@Injectable()
export class BuildWatchService extends RoundsService {
  protected readonly rounds: RepeatingRound;

  constructor(
    @Inject(BuildsRepository) private readonly builds: BuildsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(GATEWAY_CONFIG) config: GatewayConfig,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {
    super();
    this.rounds = new RepeatingRound({ name: 'watch a new build', round: () => this.look().then(() => false), pauseMs: config.DEPLOYMENT_INTERVAL_MS, log });
  }

  /** One round. */
  async look(): Promise<void> {
    const [state, builds] = await Promise.all([this.temporal.deployments().describe(), this.builds.list()]);
    if (state?.current !== undefined) await this.builds.noteCurrent(state.current);
    const trial = state === undefined ? undefined : trialOf(state, builds, new Date());
    if (state === undefined || trial === undefined) return;
    if (state.ramping !== undefined && (rowOf(state.ramping.buildId, builds)?.workers ?? 0) === 0) {
      this.log.error({ build_id: state.ramping.buildId }, 'the ramping build has no worker any more: it gets no new runs');
      await this.temporal.deployments().ramp(undefined, state);
      return;
    }
    const [health, before] = await Promise.all([this.healthOf(trial.buildId, builds), this.healthOf(trial.before, builds)]);
    // Somebody may have begun to take it back and died.
    const reason = rowOf(trial.buildId, builds)?.withdrawn ?? reasonToTakeBack(health, before);
    if (reason === undefined) return;
    try {
      const { current } = await rollBack(this.temporal.deployments(), this.builds, { state, builds }, reason);
      rolledBack.inc();
      this.log.error({ build_id: trial.buildId, current, ...health }, `a build is taken back: ${reason}`);
    } catch (error) {
      // Another gateway, or a person, was faster.
      if (!isHoldfastError(error) || error.code !== 'CONFLICT') throw error;
    }
  }

  private async healthOf(buildId: string, builds: readonly BuildRow[]): Promise<BuildHealth> {
    const deployments = this.temporal.deployments();
    const [open, stuck] = await Promise.all([deployments.countOpen(buildId), deployments.countOpen(buildId, STUCK_QUERY)]);
    const row = rowOf(buildId, builds);
    return { ended: row?.runsEnded ?? 0, failed: row?.runsFailed ?? 0, open, stuck };
  }
}

function rowOf(buildId: string, builds: readonly BuildRow[]): BuildRow | undefined {
  return builds.find((build) => build.buildId === buildId);
}
