import { WORKER_DEPLOYMENT } from '@holdfast/agent-runtime/api';
import { ThreadClient } from '@holdfast/agent-runtime/client';
import { LangGraphPlugin } from '@holdfast/agent-runtime/worker';
import { TaskQueue } from '@holdfast/contracts';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { DependencyCheck, LogSink } from '@holdfast/nest-kit';
import { BlobsRepository, BuildsRepository, GraphsRepository } from '@holdfast/persistence';
import { createAgentActivities } from '../activities/agent-activities';
import { PostgresBlobStore } from '../blobs/postgres-blob-store';
import type { WorkerConfig } from '../config';
import type { Connections } from '../connections';
import { BuildPresence } from '../deployment/build-presence';
import { RunOutcomes } from '../deployment/run-outcomes';
import { payloadStorage } from '../payloads/payload-store';
import { NewRuns } from '../runs/new-runs';
import type { RunStarts } from '../runs/run-starter.controller';
import { HEARTBEAT_THROTTLE } from './heartbeats';
import { appendSdkMetrics, freeLoopbackPort } from './sdk-metrics';
import { installTemporalRuntime } from './temporal-runtime';
import { type WorkflowBundle, findWorkflowBundle } from './workflow-bundle';
import { WorkerHost, type WorkerHostOptions } from './worker-host';
import { workerSizes } from './worker-sizes';

type WorkerSettings = Awaited<ReturnType<WorkerHostOptions['workerOptions']>>;

/** Calls under way may finish for this long after a shutdown has begun; then they are ended and repeated elsewhere. */
const SHUTDOWN_GRACE = '6s';
/** After this long the worker is left as it is; supervisors give a process 12 s. */
const SHUTDOWN_FORCE = '9s';
/** After a crash, open workflows go to other workers this soon. */
const STICKY_TIMEOUT = '5s';
/** Longest call to Temporal for a run that the gateway wants started here, in milliseconds: by then it has done so by itself. */
const START_DEADLINE_MS = 2_000;

/** The Temporal worker of the agents with everything it runs. */
export class AgentWorker implements DependencyCheck, RunStarts {
  readonly name = 'temporal';
  readonly #stopping = new AbortController();
  readonly #host: WorkerHost;
  #settings: Promise<WorkerSettings> | undefined;
  #newRuns: NewRuns | undefined;
  #presence: BuildPresence | undefined;
  readonly #outcomes = new RunOutcomes();

  constructor(
    private readonly config: WorkerConfig,
    private readonly connections: Connections,
    private readonly log: LogSink,
  ) {
    this.#host = new WorkerHost({
      address: config.TEMPORAL_ADDRESS,
      namespace: config.TEMPORAL_NAMESPACE,
      log,
      workerOptions: () => this.#once(),
      whileRunning: async (connection, signal) => this.#presence?.run(connection, signal),
      onHopeless: (error) => {
        log.error({ err: error }, 'the temporal worker fails again and again: leaving, so that the supervisor starts the process anew');
        process.exit(1);
      },
    });
  }

  /** Begins; returns at once. */
  start(): void {
    const { LLM_MODEL, LLM_GATEWAY_URL, LLM_IS_DEVELOPMENT_MODEL } = this.config;
    if (LLM_IS_DEVELOPMENT_MODEL) {
      this.log.warn({ model: LLM_MODEL, gateway: LLM_GATEWAY_URL }, `answers come from the development model ${LLM_MODEL}: fixed rules, no reasoning`);
    }
    this.#host.start();
  }

  /** See {@link WorkerHost.check}; and a build takes new runs. */
  async check(): Promise<void> {
    await this.#host.check();
    if (this.#presence?.isSettled !== true) throw Object.assign(new Error('no build takes new runs yet'), { code: 'connecting' });
  }

  /** See {@link RunStarts}. */
  async threads(): Promise<ThreadClient> {
    const { client } = this.#host;
    if (client === undefined) throw new HoldfastError('DEPENDENCY_UNAVAILABLE', 'No Temporal worker runs here now.', { retryAfterMs: 1_000 });
    const eagerStart = (await this.#newRuns?.mayBeginHere(client)) ?? false;
    return new ThreadClient(client, { eagerStart, deadlineMs: START_DEADLINE_MS });
  }

  /** Drains; see {@link WorkerHost.stop}. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#host.stop();
  }

  /** Built once, however often the native worker starts; a failure is forgotten, so that the next start tries again. */
  #once(): Promise<WorkerSettings> {
    this.#settings ??= this.#prepare().catch((error: unknown) => {
      this.#settings = undefined;
      throw error;
    });
    return this.#settings;
  }

  async #takesNewRuns(): Promise<boolean> {
    const { client } = this.#host;
    return client !== undefined && ((await this.#newRuns?.mayLinger(client)) ?? false);
  }

  async #prepare(): Promise<WorkerSettings> {
    const { config, connections, log } = this;
    const bundle = await findWorkflowBundle(config, log);
    const { codePath, buildId } = bundle;
    const metricsPort = await freeLoopbackPort();
    installTemporalRuntime(log, metricsPort, config.LOG_LEVEL === 'debug' || config.LOG_LEVEL === 'trace');
    appendSdkMetrics(metricsPort);
    this.#announceGraphs(bundle);
    this.#presence ??= new BuildPresence({
      builds: new BuildsRepository(connections.database),
      buildId,
      policy: config.HOLDFAST_DEPLOY,
      namespace: config.TEMPORAL_NAMESPACE,
      leaseMs: config.WORKER_LEASE_MS,
      outcomes: this.#outcomes,
      log,
    });
    const plugin = new LangGraphPlugin({
      bundle: { codePath, buildId },
      deploymentName: WORKER_DEPLOYMENT,
      dataConverter: { externalStorage: payloadStorage(new PostgresBlobStore(new BlobsRepository(connections.database))) },
    });
    this.#newRuns ??= new NewRuns(plugin.deployment);
    return {
      activities: createAgentActivities(config, connections, { buildId, outcomes: this.#outcomes, takesNewRuns: () => this.#takesNewRuns() }, log),
      plugins: [plugin],
      taskQueue: TaskQueue.agents,
      identity: `holdfast-worker-${process.pid}`,
      stickyQueueScheduleToStartTimeout: STICKY_TIMEOUT,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
      defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE,
      shutdownGraceTime: SHUTDOWN_GRACE,
      shutdownForceTime: SHUTDOWN_FORCE,
      ...workerSizes(),
    };
  }

  #announceGraphs({ buildId, outsideGraphs }: WorkflowBundle): void {
    const registry = new GraphsRepository(this.connections.database);
    void Promise.all([import('@holdfast/graph-definitions'), import('../graphs/graph-registration')])
      .then(async ([{ GRAPHS }, { describeGraphs, registerGraphs }]) => {
        await registerGraphs(await describeGraphs(GRAPHS, outsideGraphs, buildId), registry, this.log, this.#stopping.signal);
      })
      .catch((error: unknown) => this.log.error({ err: error }, 'the graphs of this build cannot be described'));
  }
}
