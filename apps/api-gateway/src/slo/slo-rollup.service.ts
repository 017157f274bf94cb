import { Inject, Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { RepeatingRound, ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { SloRepository } from '@holdfast/persistence';
import { GATEWAY_CONFIG, type GatewayConfig } from '../config';
import { SLO_DEFINITION, SLO_PACE } from './definition';
import { RollUpJobs } from './roll-up-jobs';

/** How often the schedule is looked after, ms. */
const LOOK_MS = 60_000;
/** After so long a job makes no more calls, ms: after a long outage the rest is left to the next jobs. */
const JOB_MS = 10_000;

/** Rolls service levels up, one gateway at a time. Without Redis none does: `holdfast_slo_rolled_until_timestamp_seconds` tells. */
@Injectable()
export class SloRollUpService implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #jobs: RollUpJobs | undefined;
  readonly #rounds: RepeatingRound | undefined;
  #isStopping = false;

  constructor(
    @Inject(SloRepository) private readonly slo: SloRepository,
    @Inject(GATEWAY_CONFIG) { REDIS_URL: redisUrl, SLO_ROLL_UP_MS: everyMs, SLO_QUEUE_PREFIX: prefix }: GatewayConfig,
    @Inject(ROOT_LOGGER) log: LogSink,
  ) {
    if (redisUrl === undefined) {
      log.warn({}, 'REDIS_URL is not set: this gateway does not roll service levels up');
      return;
    }
    const jobs = new RollUpJobs({ redisUrl, prefix, everyMs, work: () => this.rollUp(), log });
    const round = (): Promise<boolean> => jobs.keepScheduled().then(() => false);
    this.#rounds = new RepeatingRound({ name: 'schedule rollups', round, pauseMs: LOOK_MS, log });
    this.#jobs = jobs;
  }

  /** Begins. */
  onApplicationBootstrap(): void {
    this.#rounds?.start();
    this.#jobs?.start();
  }

  /** Ends with the call under way. */
  async onModuleDestroy(): Promise<void> {
    this.#isStopping = true;
    await this.#rounds?.stop();
    await this.#jobs?.close();
  }

  private async rollUp(): Promise<void> {
    const until = performance.now() + JOB_MS;
    while ((await this.slo.rollUp(SLO_DEFINITION, SLO_PACE)).behind && !this.#isStopping && performance.now() < until);
  }
}
