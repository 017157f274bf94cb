import { TestRuntime } from './test-runtime';
import type { WorkerHandle } from './worker-handle';

/** A runtime with one worker for all tests of a file, which may kill it and start it again. */
export function useRuntime(...settings: ConstructorParameters<typeof TestRuntime>): { readonly runtime: TestRuntime; readonly worker: WorkerHandle } {
  const runtime = new TestRuntime(...settings);
  const worker = runtime.worker(runtime.journal);
  // The first start on a machine builds the bundle.
  beforeAll(() => worker.start(), 120_000);
  afterAll(async () => {
    await worker.stop();
    await runtime.close();
  }, 30_000);
  return { runtime, worker };
}
