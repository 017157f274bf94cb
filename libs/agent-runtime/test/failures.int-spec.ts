import { CALL_ID } from '@holdfast/contracts/messages';
import { deviationsOf } from './support/deviations';
import { useRuntime } from './support/use-runtime';

const { runtime } = useRuntime();

const ended = async (graphId: string, input: string) => {
  const run = await runtime.start({ graphId, input: { input } });
  const end = await runtime.journal.ended(run.runId);
  const lanes = runtime.journal.effects.filter(({ runId }) => runId === run.runId).map(({ lane }) => lane);
  return { run, end, lanes, results: runtime.journal.head(run.threadId)?.values['results'] };
};

describe('a call whose author limits it', () => {
  it('is made as often as it says, in both lanes together', async () => {
    const thrice = await ended('stubborn', '{"attempts":3}');
    expect(thrice.end).toMatchObject({ status: 'error', error: { code: 'TOOL_UNAVAILABLE', kind: 'tool', message: 'down' } });
    expect(thrice.lanes).toEqual(['local', 'normal', 'normal']);
    expect((await ended('stubborn', '{"attempts":1}')).lanes).toEqual(['local']);
  }, 30_000);

  it('ends when its time is over, between two attempts or with the last one', async () => {
    const begun = performance.now();
    const { end, lanes } = await ended('stubborn', '{"totalMs":1500}');
    expect([end.status, ['TOOL_TIMEOUT', 'TOOL_UNAVAILABLE']]).toEqual(['error', expect.arrayContaining([end.error?.code])]);
    expect(lanes.length).toBeGreaterThan(1);
    expect(performance.now() - begun).toBeLessThan(5_000);
  }, 30_000);

  it.each(['{"attempts":1}', '{"attempts":2}', '{"totalMs":1500}'])('asks a person when nobody knows how it ended and %s leaves no other attempt', async (policy) => {
    const { run, end, lanes } = await ended('lost', policy);
    expect(Object.values(end.interrupts ?? {}).flat()).toMatchObject([{ value: { kind: 'tool-outcome-unknown', tool: 'test__lost', reason: 'Nobody knows.' } }]);
    // The question is no attempt.
    expect(lanes.length).toBeLessThanOrEqual((JSON.parse(policy) as { attempts?: number }).attempts ?? 20);
    const resumed = await runtime.start({ graphId: 'lost', threadId: run.threadId, command: { resume: { decision: 'happened', result: 'It did.' } } });
    expect((await runtime.journal.ended(resumed.runId)).status).toBe('success');
    expect(runtime.journal.head(run.threadId)?.values['results']).toEqual(['It did.']);
    const history = await runtime.historyOf('lost', run.workflowId);
    expect(await deviationsOf([history])).toEqual([]);
  }, 60_000);

  it.each(['{"attempts":0}', '{"attempts":21}', '{"totalMs":5}', '{"attempts":1.5}'])('is refused with %s', async (policy) => {
    expect((await ended('stubborn', policy)).end).toMatchObject({ status: 'error', error: { code: 'INVALID_ARGUMENT' } });
  }, 30_000);
});

describe('a model call that a fallback answers', () => {
  it('tells so in the journal, and can be replayed', async () => {
    const { run, end } = await ended('fallen-back', 'x');
    expect(end.status).toBe('success');
    const events = runtime.journal.run(run.runId).batches.flatMap((batch) => batch.events);
    expect(events.filter(({ type }) => type === 'model.replaced.v1').map(({ data }) => data)).toEqual([
      { call_id: expect.stringMatching(new RegExp(`^${CALL_ID}$`)), node: 'ask', asked: 'first', answered: 'second', passed_over: [{ model: 'first', code: 'MODEL_CIRCUIT_OPEN' }] },
    ]);
    const history = await runtime.historyOf('fallen-back', run.workflowId);
    expect(await deviationsOf([history])).toEqual([]);
  }, 60_000);
});

describe('a node that fails', () => {
  it('lets its error handler say where the graph goes on', async () => {
    const { end, results } = await ended('elsewhere', 'x');
    expect([end.status, results]).toEqual(['success', ['ask TOOL_UNAVAILABLE', 'Echo: sorry']]);
  }, 30_000);

  it('or does something else in its place', async () => {
    const { end, results } = await ended('instead', 'x');
    expect([end.status, results]).toEqual(['success', ['Echo: tool TOOL_UNAVAILABLE', 'after']]);
  }, 30_000);

  it('fails the run when nobody handles its kind, or its own code failed', async () => {
    expect((await ended('unhandled', 'x')).end).toMatchObject({ status: 'error', error: { code: 'TOOL_UNAVAILABLE', kind: 'tool' } });
    expect((await ended('elsewhere', 'own')).end).toMatchObject({ status: 'error', error: { code: 'GRAPH_FAILED', message: 'Error: own' } });
  }, 30_000);

  it('stays cancelled when the run is, whatever its handler takes', async () => {
    const { runId, threadId } = await runtime.start({ graphId: 'elsewhere', input: { input: 'hang' } });
    await runtime.journal.until('the call', () => runtime.journal.effects.some((effect) => effect.runId === runId));
    await runtime.threads.cancelRun(runtime.ctx, threadId, { runId, action: 'interrupt', reason: 'enough' });
    expect(await runtime.journal.ended(runId)).toMatchObject({ status: 'cancelled', reason: 'enough' });
  }, 30_000);
});
