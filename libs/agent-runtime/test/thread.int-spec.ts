import { randomUUID } from 'node:crypto';
import { TestRuntime } from './support/test-runtime';
import type { WorkerHandle } from './support/worker-handle';

let runtime: TestRuntime;
let worker: WorkerHandle;

beforeAll(async () => {
  runtime = await TestRuntime.connect();
  worker = runtime.worker(runtime.journal);
  await worker.start();
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await runtime.close();
}, 30_000);

const eventsOf = (runId: string) => runtime.journal.run(runId).batches.flatMap((batch) => batch.events);
const framesOf = (runId: string) =>
  eventsOf(runId).flatMap((event) => (event.type === 'run.step-completed.v1' ? event.data.frames : []));

describe('a run', () => {
  it('drives the graph, journals each superstep and completes', async () => {
    const { runId, threadId, workflowId } = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    const end = await runtime.journal.ended(runId);
    expect(end).toEqual({ status: 'success', steps: 3 });
    expect(runtime.journal.head(threadId)?.values).toEqual(
      expect.objectContaining({ input: 'x', results: ['Echo: a:x', 'Echo: b:x', 'Echo: c:x'] }),
    );
    expect(runtime.journal.history(threadId).map((c) => [c.step, c.source, c.next])).toEqual([
      [-1, 'input', ['__start__']],
      [0, 'loop', ['a']],
      [1, 'loop', ['b']],
      [2, 'loop', ['c']],
      [3, 'loop', []],
    ]);
    await runtime.temporal.workflow.getHandle(workflowId).result();
  }, 30_000);
});
void randomUUID;
