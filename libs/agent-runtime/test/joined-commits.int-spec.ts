import type { TestRun } from './support/test-journal';
import { useRuntime } from './support/use-runtime';

const { runtime } = useRuntime({ callDelayMs: 20 });

beforeEach(() => {
  runtime.journal.joinsCommits = true;
});

/** Types of the local activities in the history of a workflow that is over, in order. */
async function localActivities(workflowId: string): Promise<string[]> {
  const { history } = await runtime.historyOf('run', workflowId);
  return (history.events ?? []).flatMap((event) =>
    (event.markerRecordedEventAttributes?.details?.['data']?.payloads ?? []).map(
      ({ data }) => (JSON.parse(Buffer.from(data ?? []).toString('utf8')) as { activity_type: string }).activity_type,
    ),
  );
}

/** What a reader sees of a run, without what differs from run to run. */
function journalOf({ runId }: TestRun): object {
  const { batches, end } = runtime.journal.run(runId);
  const events = batches.flatMap((batch) => batch.events);
  return {
    events: events.flatMap((event) => (event.type === 'tool.called.v1' ? [event.data.node] : [])),
    frames: events.flatMap((event) => (event.type === 'run.step-completed.v1' ? event.data.frames.map(({ ns, mode }) => [mode, ...ns]) : [])),
    checkpoints: batches.flatMap((batch) => batch.checkpoints.map(({ step, source, values }) => ({ step, source, values }))),
    end,
  };
}

describe('commits that travel with calls', () => {
  it('leave the same journal as commits of their own, with a local activity less for each call', async () => {
    const joined = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    await runtime.journal.ended(joined.runId);
    expect(await localActivities(joined.workflowId)).toEqual(['beginRun', 'linear.a.tool', 'linear.b.tool', 'linear.c.tool', 'commitProgress']);
    runtime.journal.joinsCommits = false;
    const alone = await runtime.start({ graphId: 'linear', input: { input: 'x' } });
    await runtime.journal.ended(alone.runId);
    expect((await localActivities(alone.workflowId)).filter((type) => type === 'commitProgress').length).toBeGreaterThan(1);
    expect(journalOf(joined)).toEqual(journalOf(alone));
    expect(runtime.journal.run(joined.runId).batches).toHaveLength(4);
  }, 30_000);

  it('are made again alone when they fail, and the call is not', async () => {
    const run = runtime.newRun({ graphId: 'linear', input: { input: 'x' } });
    runtime.journal.failCommits = 1;
    const { workflowId } = await runtime.threads.deliver(runtime.ctx, run);
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
    expect((await localActivities(workflowId)).filter((type) => type === 'commitProgress').length).toBeGreaterThan(1);
    expect(runtime.journal.run(run.runId).batches.map(({ commit }) => commit)).toEqual([1, 2, 3, 4]);
    expect(runtime.journal.effects.filter(({ runId }) => runId === run.runId)).toHaveLength(3);
  }, 30_000);

  it('are made also when the call fails', async () => {
    const { runId } = await runtime.start({ graphId: 'busy', input: { input: 'x' } });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'success' });
    const { batches } = runtime.journal.run(runId);
    expect(batches.map(({ commit }) => commit)).toEqual(batches.map((_, i) => i + 1));
  }, 30_000);

  it('do not wait for calls beside each other', async () => {
    const { runId, workflowId } = await runtime.start({ graphId: 'fan', input: { input: 'x' } });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'success' });
    // Those of the three lines beside each other are on their own; the last one with the end always is.
    expect((await localActivities(workflowId)).filter((type) => type === 'commitProgress').length).toBeGreaterThan(1);
  }, 30_000);
});
