import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Worker as ThreadWorker, WorkerOptions as ThreadOptions } from 'node:worker_threads';

type ThreadConstructor = new (filename: string | URL, options?: ThreadOptions) => ThreadWorker;

const THREAD_FILE = /workflow-worker-thread\.[cm]?js$/;

/** Under `node --watch` (npx nx serve) a thread posts what it loads to its parent, and the SDK takes that for an answer of a workflow. */
function unwatched(): NodeJS.ProcessEnv {
  // eslint-disable-next-line no-restricted-properties -- not a setting: what the thread would inherit
  const { WATCH_REPORT_DEPENDENCIES: _, ...environment } = process.env;
  return environment;
}

/** Set once the threads of this process are tuned. */
const TUNED = Symbol.for('holdfast.tuned-workflow-threads');

/** The file that workflow threads load first: in a built app beside it, else that of the library. */
function tuneFile(): string {
  const beside = join(import.meta.dirname, 'tune.cjs');
  return existsSync(beside) ? beside : createRequire(import.meta.url).resolve('@holdfast/agent-runtime/tune');
}

/**
 * Makes every workflow thread of the SDK load the tune file (promise hook and watchdog, see the README) first, as `node --require tune.cjs`
 * would. The SDK gives no way to pass options to its threads, and a switch of the whole process would have to stand in whoever starts us. A
 * repeat changes nothing.
 * @param file default: `tune.cjs` of the library
 */
export function tuneWorkflowThreads(file: string = tuneFile()): void {
  const threads = createRequire(import.meta.url)('node:worker_threads') as { Worker: ThreadConstructor };
  const Plain = threads.Worker;
  if (TUNED in Plain) return;
  threads.Worker = class extends Plain {
    static readonly [TUNED] = true;

    constructor(filename: string | URL, options?: ThreadOptions) {
      if (THREAD_FILE.test(String(filename))) super(filename, { ...options, env: unwatched(), execArgv: [...(options?.execArgv ?? []), '--require', file] });
      else super(filename, options);
    }
  };
}
