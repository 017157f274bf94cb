import type { ClientOptions, ClientPlugin, ConnectionPlugin } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { BundleOptions, BundlerPlugin, NativeConnectionPlugin, ReplayWorkerOptions, WorkerDeploymentOptions, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { type LangGraphBundlerOptions, withLangGraph } from './bundler.ts';
import { lateCancels } from './late-cancels.ts';
import { tuneWorkflowThreads } from './tune-threads.ts';

/** Options of {@link LangGraphPlugin}; none is needed. */
export interface LangGraphPluginOptions extends LangGraphBundlerOptions {
  /** A bundle that `buildWorkflowBundle` made: what workers and replays run. Default: what their own options name. */
  readonly bundle?: {
    /** File of its code. */
    readonly codePath: string;
    /** With a `deploymentName`: the worker is this version of it. */
    readonly buildId?: string;
  };
  /**
   * Worker Deployment of the workers; needs the bundle's `buildId`. A run ends on the build that it began on, unless it is moved: replaying it on
   * another one would not follow its history. Default: workers without a version.
   */
  readonly deploymentName?: string;
  /**
   * Payload codecs and external storage, the same for clients, workers and replays: whoever reads a history needs what it was written with.
   * Default: what their own options name.
   */
  readonly dataConverter?: DataConverter;
}

/**
 * Everything that makes plain LangGraph run in Temporal workflows, for clients, workers, replays and bundles: `plugins: [new LangGraphPlugin()]`.
 * Given to a connection, it reaches what is made over that connection. Options of a worker's or client's own come before the plugin's.
 */
export class LangGraphPlugin implements ClientPlugin, ConnectionPlugin, NativeConnectionPlugin, WorkerPlugin, BundlerPlugin {
  readonly name = 'holdfast-langgraph';
  readonly #options: LangGraphPluginOptions;

  /** @throws TypeError for a deployment without a build */
  constructor(options: LangGraphPluginOptions = {}) {
    if (options.deploymentName !== undefined && options.bundle?.buildId === undefined) throw new TypeError('a deployment needs the build id of a bundle');
    this.#options = options;
  }

  /** What its workers are in their Worker Deployment; undefined: workers without a version. */
  get deployment(): WorkerDeploymentOptions | undefined {
    const { deploymentName, bundle } = this.#options;
    if (deploymentName === undefined || bundle?.buildId === undefined) return undefined;
    return { version: { deploymentName, buildId: bundle.buildId }, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' };
  }

  /** Payloads. */
  configureClient(options: Omit<ClientOptions, 'plugins'>): Omit<ClientOptions, 'plugins'> {
    return { ...options, ...this.#dataConverter(options) };
  }

  /** Polyfills, ids, context storage and stubs before the graphs, graphs before the workflows; patches of third-party code. */
  configureBundler(options: BundleOptions): BundleOptions {
    return withLangGraph(options, this.#options);
  }

  /** Preloads need shared V8 contexts. One workflow thread: a second one pays only from the third core on. Threads are tuned, late cancels dropped. */
  configureWorker(options: WorkerOptions): WorkerOptions {
    tuneWorkflowThreads();
    const { workflowThreadPoolSize = 1 } = options;
    const interceptors = { ...options.interceptors, activity: [...(options.interceptors?.activity ?? []), lateCancels().interceptor] };
    return { ...options, interceptors, reuseV8Context: true, workflowThreadPoolSize, ...this.#workflows(options), ...this.#version(options), ...this.#dataConverter(options) };
  }

  /** See {@link configureWorker}; a replay runs in the thread that asks for it, which only `node --require tune.cjs` tunes. */
  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return { ...options, reuseV8Context: true, ...this.#workflows(options), ...this.#dataConverter(options) };
  }

  #workflows({ workflowBundle, workflowsPath }: Pick<WorkerOptions, 'workflowBundle' | 'workflowsPath'>): Pick<WorkerOptions, 'workflowBundle'> {
    const { bundle } = this.#options;
    return bundle === undefined || workflowBundle !== undefined || workflowsPath !== undefined ? {} : { workflowBundle: { codePath: bundle.codePath } };
  }

  #version({ workerDeploymentOptions = this.deployment }: WorkerOptions): Pick<WorkerOptions, 'workerDeploymentOptions'> {
    return workerDeploymentOptions === undefined ? {} : { workerDeploymentOptions };
  }

  #dataConverter({ dataConverter: own }: { readonly dataConverter?: DataConverter | undefined }): { readonly dataConverter?: DataConverter } {
    const { dataConverter } = this.#options;
    return dataConverter === undefined ? {} : { dataConverter: { ...dataConverter, ...own } };
  }
}
