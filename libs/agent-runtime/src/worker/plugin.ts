import type { BundleOptions, BundlerPlugin, ReplayWorkerOptions, WorkerOptions, WorkerPlugin } from '@temporalio/worker';
import { type LangGraphBundlerOptions, withLangGraph } from './bundler.ts';

/** Temporal plugin for worker, replay and bundler: `plugins: [new LangGraphPlugin({ graphModules })]`. */
export class LangGraphPlugin implements WorkerPlugin, BundlerPlugin {
  readonly name = 'holdfast-langgraph';
  readonly #options: LangGraphBundlerOptions;

  constructor(options: LangGraphBundlerOptions = {}) {
    this.#options = options;
  }

  /** Adds preloads and patches. */
  configureBundler(options: BundleOptions): BundleOptions {
    return withLangGraph(options, this.#options);
  }

  /** Preloads need shared V8 contexts. One workflow thread: a second one pays only from the third core on. */
  configureWorker(options: WorkerOptions): WorkerOptions {
    return { ...options, reuseV8Context: true, workflowThreadPoolSize: options.workflowThreadPoolSize ?? 1 };
  }

  /** See {@link configureWorker}. */
  configureReplayWorker(options: ReplayWorkerOptions): ReplayWorkerOptions {
    return { ...options, reuseV8Context: true };
  }
}
