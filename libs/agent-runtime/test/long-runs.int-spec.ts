import { useRuntime } from './support/use-runtime';

const { runtime, worker } = useRuntime();

const STEPS = 1_300;
/** A workflow task must be answered in this time, or it is made again, and again; ms. */
const TASK_TIMEOUT_MS = 10_000;

/** Events of all executions of a run's workflow. */
async function eventsOf(run: { readonly runId: string; readonly workflowId: string }) {
  await runtime.temporal.workflow.getHandle(run.workflowId).result();
  return (await runtime.historiesOf(run)).map(({ history }) => history.events ?? []);
}

describe('a run of many supersteps without calls', () => {
  it('lets go now and then, goes on in short executions, and is back soon when its worker dies', async () => {
    const run = await runtime.start({ graphId: 'count', input: { limit: STEPS }, recursionLimit: STEPS + 1 });
    const { batches } = runtime.journal.run(run.runId);
    const done = (): number => batches.reduce((sum, { checkpoints }) => sum + checkpoints.length, 0);
    await runtime.journal.until('half of it is done', () => done() > STEPS / 2, 60_000);
    await worker.kill();
    const before = done();
    await worker.start();
    const begun = performance.now();
    await runtime.journal.until('it goes on', () => done() > before, 60_000);
    // What the dead worker was given times out first.
    expect(performance.now() - begun).toBeLessThan(TASK_TIMEOUT_MS + 5_000);

    expect(await runtime.journal.ended(run.runId, 60_000)).toEqual({ status: 'success', steps: STEPS });
    expect(runtime.journal.head(run.threadId)?.values).toMatchObject({ rounds: STEPS });
    expect(batches.map(({ commit }) => commit)).toEqual(batches.map((_, i) => i + 1));
    const steps = batches.flatMap(({ events }) => events).flatMap((event) => (event.type === 'run.step-completed.v1' && event.data.checkpoint_id !== null ? [event.data.step] : []));
    expect(steps).toEqual(Array.from({ length: STEPS + 1 }, (_, i) => i));

    const histories = await eventsOf(run);
    expect(histories.length).toBeGreaterThanOrEqual(3);
    const completed = histories.flatMap((events) => events.filter(({ workflowTaskCompletedEventAttributes: task }) => task != null));
    // 100 supersteps each
    expect(completed.length).toBeGreaterThanOrEqual(STEPS / 100);
  }, 180_000);

  it('is cancelled on the way', async () => {
    const run = await runtime.start({ graphId: 'count', input: { limit: 5_000 }, recursionLimit: 5_001 });
    await runtime.journal.until('it runs', () => runtime.journal.run(run.runId).batches.length > 1);
    await runtime.threads.cancelRun(runtime.ctx, run.threadId, { runId: run.runId, action: 'interrupt', reason: 'enough' });
    const end = await runtime.journal.ended(run.runId, TASK_TIMEOUT_MS);
    expect(end).toMatchObject({ status: 'cancelled', reason: 'enough' });
    expect(end.steps).toBeLessThan(2_500);
  }, 60_000);

  it('is as well for a sub-agent', async () => {
    const run = await runtime.start({ graphId: 'boss', input: { tasks: [{ graph: 'count', input: { limit: 700 } }] } });
    expect(await runtime.journal.ended(run.runId, 90_000)).toMatchObject({ status: 'success' });
    const [result] = runtime.journal.head(run.threadId)?.values['results'] as Record<string, unknown>[];
    expect(result).toMatchObject({ values: { rounds: 700 }, spent: { steps: 700 } });
    const [taskId] = runtime.journal.taskBatches.filter(({ runId }) => runId === run.runId).map((batch) => batch.taskId);
    const last = runtime.temporal.workflow.getHandle(`${run.workflowId}/run/${run.runId}/task/${taskId}`);
    const { raw, runId } = await last.describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(runId);
  }, 120_000);
});
