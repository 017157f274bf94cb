import type { Client } from '@temporalio/client';
import type { WorkerDeploymentOptions } from '@temporalio/worker';

/** How long an answer of the server counts, ms: so long after a promotion the build before it may still start runs of its own. */
const KEPT_MS = 2_000;

/**
 * Whether runs may begin in the worker that starts them. An eager start goes past the routing of worker versions: the server pins the
 * workflow to the version of the worker that asks, also when another one is current (seen on server 1.31.2). So a versioned worker starts
 * eagerly only while all new workflows are meant for its version.
 */
export class EagerPermission {
  #known: { readonly until: number; readonly answer: Promise<boolean> } | undefined;

  constructor(
    private readonly options: WorkerDeploymentOptions | undefined,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** Never throws: who cannot be asked has not said yes. */
  holds(client: Client): Promise<boolean> {
    if (this.options?.useWorkerVersioning !== true) return Promise.resolve(true);
    if (this.#known === undefined || this.#known.until <= this.now()) {
      this.#known = { until: this.now() + KEPT_MS, answer: takesAll(client, this.options.version).catch(() => false) };
    }
    return this.#known.answer;
  }
}

async function takesAll(client: Client, { deploymentName, buildId }: WorkerDeploymentOptions['version']): Promise<boolean> {
  const { workerDeploymentInfo } = await client.workflowService.describeWorkerDeployment({ namespace: client.options.namespace, deploymentName });
  const routing = workerDeploymentInfo?.routingConfig;
  return routing?.currentDeploymentVersion?.buildId === buildId && (routing.rampingVersionPercentage ?? 0) === 0;
}
