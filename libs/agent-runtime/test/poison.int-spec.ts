import { MAX_STATE_BYTES } from '@holdfast/contracts/limits';
import { deviationsOf } from './support/deviations';
import { useRuntime } from './support/use-runtime';

const { runtime } = useRuntime();

const poisonEnds = async (graphId: string) => {
  const run = await runtime.start({ graphId, input: { input: 'x' } });
  return { run, end: await runtime.journal.ended(run.runId, 60_000) };
};

describe('a graph that does what it must not', () => {
  it.each([
    ['poison-waits', 'GRAPH_STUCK', /nothing will settle/],
    ['poison-bomb', 'STATE_TOO_LARGE', /^The state is larger/],
    ['poison-large-result', 'RESULT_TOO_LARGE', /^What a node gives to results/],
    ['poison-large-call', 'CALL_TOO_LARGE', /^What a node asks a tool/],
    ['poison-returns-cycle', 'RESULT_INVALID', /contains itself/],
    ['poison-returns-bigint', 'RESULT_INVALID', /a bigint/],
    ['poison-returns-function', 'RESULT_INVALID', /a function/],
    ['poison-returns-text', 'GRAPH_FAILED', /InvalidUpdateError/],
    ['poison-throws-undefined', 'GRAPH_FAILED', /threw undefined/],
    ['poison-throws-null', 'GRAPH_FAILED', /threw null/],
    ['poison-throws-cycle', 'GRAPH_FAILED', /a value of type object/],
    ['poison-throws-hostile', 'GRAPH_FAILED', /a value of type object/],
    ['poison-rejects-undefined', 'GRAPH_FAILED', /threw undefined/],
    ['poison-edge-throws', 'GRAPH_FAILED', /^TypeError: no way$/],
    ['poison-edge-throws-undefined', 'GRAPH_FAILED', /an edge threw undefined/],
    ['poison-edge-throws-text', 'GRAPH_FAILED', /an edge threw text/],
    ['poison-edge-rejects-null', 'GRAPH_FAILED', /an edge threw null/],
    ['poison-edge-nowhere', 'GRAPH_FAILED', /unknown or null destination/],
    ['poison-throws-long', 'GRAPH_FAILED', /^Error: x{4000} …$/],
  ])('%s ends with %s', async (graphId, code, message) => {
    const { run, end } = await poisonEnds(graphId);
    expect(end).toMatchObject({ status: 'error', error: { code, kind: 'user' } });
    expect(end.error?.message).toMatch(message);
    // What the thread stands at can be stored, and read again by its next run.
    expect(JSON.stringify(runtime.journal.head(run.threadId)).length).toBeLessThan(4_000_000);
    await runtime.temporal.workflow.getHandle(run.workflowId).result();
  }, 90_000);

  const stuck = ['poison-spin', 'poison-spin-async', 'poison-microtasks', 'poison-unobserved'];

  it.each(stuck)('%s is given up, the others on its worker go on, and a replay agrees', async (graphId) => {
    const poisoned = poisonEnds(graphId);
    const others = await Promise.all(Array.from({ length: 5 }, () => runtime.start({ graphId: 'linear', input: { input: 'x' } })));
    for (const other of others) expect(await runtime.journal.ended(other.runId, 60_000)).toEqual({ status: 'success', steps: 3 });
    const { run, end } = await poisoned;
    expect(end).toMatchObject({ status: 'error', error: { code: 'GRAPH_STUCK', kind: 'user' } });
    const history = await runtime.historyOf(graphId, run.workflowId);
    expect(await deviationsOf([history])).toEqual([]);
  }, 120_000);
});

describe('a state that no run could begin with', () => {
  it.each(['poison-cjk', 'poison-beside'])('ends the run of %s by its size in bytes, and the thread goes on', async (graphId) => {
    const { runId, threadId } = await runtime.start({ graphId, input: { input: 'large' } });
    expect(await runtime.journal.ended(runId, 60_000)).toMatchObject({ status: 'error', error: { code: 'STATE_TOO_LARGE', message: expect.stringMatching(/as it is stored/) } });
    const stored = runtime.journal.history(threadId);
    for (const { saved } of stored) expect(Buffer.byteLength(saved)).toBeLessThanOrEqual(MAX_STATE_BYTES);
    expect(stored.at(-1)?.values['results']).toEqual(['Echo: good']);
    expect(stored.at(-1)?.tasks.flatMap(({ interrupts }) => interrupts)).toEqual([]);
    // Nothing that the journal tells names a checkpoint that it has not.
    const ids = new Set(stored.map(({ checkpointId }) => checkpointId));
    const events = runtime.journal.run(runId).batches.flatMap((batch) => batch.events);
    const named = events.flatMap((event) => (event.type === 'run.step-completed.v1' && event.data.checkpoint_id !== null ? [event.data.checkpoint_id] : []));
    expect(named.filter((id) => !ids.has(id))).toEqual([]);
    const next = await runtime.start({ graphId, threadId, input: { input: 'small' } });
    expect(await runtime.journal.ended(next.runId, 60_000)).toMatchObject({ status: graphId === 'poison-cjk' ? 'success' : 'interrupted' });
  }, 90_000);
});
