import { createRequire } from 'node:module';
import type { Worker as ThreadWorker, WorkerOptions as ThreadOptions } from 'node:worker_threads';

type ThreadConstructor = new (filename: string | URL, options?: ThreadOptions) => ThreadWorker;

const THREAD_FILE = /workflow-worker-thread\.[cm]?js$/;

/** Under `node --watch` (npx nx serve) a thread posts what it loads to its parent, and the SDK takes that for an answer of a workflow. */
function unwatched(): NodeJS.ProcessEnv {
  // eslint-disable-next-line no-restricted-properties -- not a setting: what the thread would inherit
  const { WATCH_REPORT_DEPENDENCIES: _, ...environment } = process.env;
  return environment;
}

/**
 * Makes every workflow thread of the SDK load the tune file (promise hook and watchdog, see agent-runtime's README) first, as
 * `node --require tune.cjs` would. The SDK gives no way to pass options to its threads, and a switch of the whole process would have
 * to stand in whoever starts us.
 * @returns how many threads have been started with it, for the check after start
 */
export function tuneWorkflowThreads(tuneFile: string): () => number {
  const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: ThreadConstructor };
  const Plain = threads.Worker;
  let tuned = 0;
  threads.Worker = class extends Plain {
    constructor(filename: string | URL, options?: ThreadOptions) {
      if (!THREAD_FILE.test(String(filename))) {
        super(filename, options);
        return;
      }
      super(filename, { ...options, env: unwatched(), execArgv: [...(options?.execArgv ?? []), '--require', tuneFile] });
      tuned += 1;
    }
  };
  return () => tuned;
}
