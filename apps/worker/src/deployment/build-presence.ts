import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerDeployments } from '@holdfast/agent-runtime/deployments';
import type { LogSink } from '@holdfast/nest-kit';
import { gauge } from '@holdfast/nest-kit/metrics';
import type { BuildsRepository } from '@holdfast/persistence';
import type { NativeConnection } from '@temporalio/worker';
import { type DeployPolicy, promotionVerdict } from './promotion';
import type { RunOutcomes } from './run-outcomes';

/** Options of {@link BuildPresence}. */
export interface BuildPresenceOptions {
  readonly builds: BuildsRepository;
  readonly buildId: string;
  readonly policy: DeployPolicy;
  readonly namespace: string;
  /** How long a sign of life counts, milliseconds; it is repeated five times as often. */
  readonly leaseMs: number;
  readonly outcomes: RunOutcomes;
  readonly log: LogSink;
}

/** Between two looks at a deployment that does not know this worker yet, ms. */
const WAIT_MS = 250;
/** Between two looks later on, ms: another build's workers may go away. */
const LOOK_MS = 10_000;

/** Tells, as long as the Temporal worker runs, that its build has a worker, and gives the build the new runs when that is its turn. */
export class BuildPresence {
  readonly #workerId = randomUUID();
  #isSettled = false;
  #isTroubled = false;
  #told = '';
  /** As of the last look (10 s), for people; who would go past the routing asks NewRuns. */
  #takesAllNewRuns = false;

  constructor(private readonly options: BuildPresenceOptions) {
    const takesThem = (): boolean => this.#takesAllNewRuns;
    gauge({
      name: 'holdfast_worker_build_is_current',
      help: 'Whether all new runs go to the build of this worker: 1, else 0.',
      collect() {
        this.set(takesThem() ? 1 : 0);
      },
    });
  }

  /** Whether it is decided which build takes new runs: before that, nobody may take them. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Goes on until the signal fires. Never throws. */
  async run(connection: NativeConnection, signal: AbortSignal): Promise<void> {
    const { builds, buildId, leaseMs, namespace, outcomes } = this.options;
    const deployments = new WorkerDeployments(connection, { namespace, identity: `holdfast-worker-${process.pid}` });
    let lookAt = 0;
    while (!signal.aborted) {
      let pauseMs = leaseMs / 5;
      try {
        await builds.renewWorker(this.#workerId, buildId, leaseMs, outcomes.counts);
        if (performance.now() >= lookAt) {
          const isWaiting = await this.#look(deployments);
          if (isWaiting) pauseMs = WAIT_MS;
          else lookAt = performance.now() + LOOK_MS;
        }
        this.#isTroubled = false;
      } catch (error) {
        if (!this.#isTroubled) this.options.log.warn({ err: error, build_id: buildId }, 'this worker cannot tell of its build; trying again in the background');
        this.#isTroubled = true;
        pauseMs = Math.min(pauseMs, 1_000);
      }
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
    // Without it the row lapses by itself.
    await builds.endWorker(this.#workerId).catch(() => undefined);
  }

  /** True when the look must be repeated soon. */
  async #look(deployments: WorkerDeployments): Promise<boolean> {
    const { builds, buildId, policy, log } = this.options;
    const [state, rows] = await Promise.all([deployments.describe(), builds.list()]);
    const verdict = promotionVerdict(buildId, policy, state, rows);
    if (verdict.kind === 'wait' || state === undefined) return true;
    if (verdict.kind === 'promote') {
      try {
        await deployments.promote(buildId, state, verdict.standsInFor);
      } catch (error) {
        // Somebody else was faster, or the server does not know all pollers yet.
        if ((error as { code?: unknown }).code === 'CONFLICT') return true;
        throw error;
      }
    }
    this.#takesAllNewRuns = (verdict.kind === 'promote' || state.current === buildId) && state.ramping === undefined;
    this.#isSettled = true;
    const outcome = verdict.kind === 'promote' ? 'this build takes new runs from now on' : 'the build of new runs stays as it is';
    if (this.#told !== outcome + verdict.why) log.info({ build_id: buildId, current: state.current, why: verdict.why }, outcome);
    this.#told = outcome + verdict.why;
    return false;
  }
}
