import type { Client } from '@temporalio/client';
import type { WorkerDeploymentOptions } from '@temporalio/worker';

/** How long an answer of the server counts, ms: so long after a promotion the build before it may still take runs. */
const KEPT_MS = 2_000;

/**
 * Whether new runs are meant for this worker's build: all of them, that is, while it is the current version and none is ramping up. Asked
 * before two things that would go past the routing of versions. A workflow that is started eagerly is pinned by the server to the version of
 * the worker that asks, also when another one is current (seen on server 1.31.2). And a thread that lingers keeps its next run here.
 */
export class NewRuns {
  #known: { readonly until: number; readonly answer: Promise<boolean> } | undefined;

  constructor(
    private readonly options: WorkerDeploymentOptions | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Whether workflows may begin where they are started. Without versions any worker may take any run. Never rejects. */
  mayBeginHere(client: Client): Promise<boolean> {
    return this.options?.useWorkerVersioning === true ? this.#areAllOurs(client, this.options.version) : Promise.resolve(true);
  }

  /**
   * Whether threads may linger here. Without versions never: the build that follows would have to replay turns that are over, and a graph
   * that was changed would stop the thread. Never rejects.
   */
  mayLinger(client: Client): Promise<boolean> {
    return this.options?.useWorkerVersioning === true ? this.#areAllOurs(client, this.options.version) : Promise.resolve(false);
  }

  /** Who cannot be asked has not said yes. */
  #areAllOurs(client: Client, version: WorkerDeploymentOptions['version']): Promise<boolean> {
    if (this.#known === undefined || this.#known.until <= this.now()) {
      this.#known = { until: this.now() + KEPT_MS, answer: takesAll(client, version).catch(() => false) };
    }
    return this.#known.answer;
  }
}

async function takesAll(client: Client, { deploymentName, buildId }: WorkerDeploymentOptions['version']): Promise<boolean> {
  const { workerDeploymentInfo } = await client.workflowService.describeWorkerDeployment({ namespace: client.options.namespace, deploymentName });
  const routing = workerDeploymentInfo?.routingConfig;
  return routing?.currentDeploymentVersion?.buildId === buildId && (routing.rampingVersionPercentage ?? 0) === 0;
}
