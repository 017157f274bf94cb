import { randomUUID } from 'node:crypto';
import { systemContext } from '@holdfast/tenant-context';
import { useRuntime } from './support/use-runtime';

const { runtime, worker } = useRuntime();

type Run = { readonly runId: string; readonly threadId: string };
/** Each request with an id of its own, as in the gateway. */
const inject = (run: Run, values: Record<string, unknown>, commandId: string = randomUUID(), waitMs = 10_000) =>
  runtime.threads.injectInput(systemContext(runtime.ctx.tenantId, 'test', randomUUID()), run.threadId, { commandId, runId: run.runId, values }, waitMs);
const effectsOf = (runId: string) => runtime.journal.effects.filter((effect) => effect.runId === runId);
const working = (run: Run, calls: number) => runtime.journal.until('calls', () => effectsOf(run.runId).length >= calls);
const valuesOf = (run: Run) => runtime.journal.head(run.threadId)?.values ?? {};
const textsOf = (run: Run) => ((valuesOf(run)['messages'] ?? []) as { content: string }[]).map(({ content }) => content);
// In the normal lane: a local call of the test's worker holds the workflow task, and with it every Update, until it ends.
const chatter = () => runtime.start({ graphId: 'chatter', input: { messages: [] }, durability: 'sync' });

describe('what is put into a run', () => {
  it('is there from the next superstep on, in the journal before the answer, and nothing is done twice', async () => {
    const run = await chatter();
    // `two` works for three seconds.
    await working(run, 2);
    const answer = await inject(run, { messages: [{ role: 'user', content: 'Hurry.' }] });
    const drafts = runtime.journal.history(run.threadId);
    const at = drafts.findIndex(({ checkpointId }) => checkpointId === (answer as { checkpointId: string }).checkpointId);
    expect(drafts[at]).toMatchObject({ source: 'update', next: ['three'], parentCheckpointId: drafts[at - 1]!.checkpointId });
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success', steps: 3 });
    expect(textsOf(run)).toEqual(['said 1', 'said 2', 'Hurry.', 'said 3']);
    expect(effectsOf(run.runId)).toHaveLength(3);
    const frames = runtime.journal.run(run.runId).batches.flatMap(({ events }) => events.flatMap((event) => (event.type === 'run.step-completed.v1' ? event.data.frames : [])));
    const shown = frames.filter(({ mode }) => mode === 'values').map(({ data }) => (data as { checkpoint_id: string }).checkpoint_id);
    expect(new Set(shown).size).toBe(shown.length);
    expect(shown).toContain((answer as { checkpointId: string }).checkpointId);
    expect(frames.filter(({ mode }) => mode === 'updates').map(({ data }) => Object.keys(data as object)[0])).toEqual(['one', 'two', 'three']);
  }, 30_000);

  it('is put in once, however often and at whatever time it is sent', async () => {
    const run = await chatter();
    await working(run, 2);
    const commandId = randomUUID();
    expect(await inject(run, { messages: [{ role: 'user', content: 'Once.' }] }, commandId, 200)).toBe('waiting');
    const message = { messages: [{ role: 'user', content: 'Once.' }] };
    const [again, twice, other] = await Promise.all([inject(run, message, commandId), inject(run, message, commandId), inject(run, { messages: [{ role: 'user', content: 'Other.' }] })]);
    expect([again, twice]).toEqual(['waiting', 'waiting']);
    expect(await inject(run, message, commandId).catch(() => other)).toEqual(other);
    await runtime.journal.ended(run.runId);
    expect(textsOf(run).filter((text) => text === 'Once.')).toHaveLength(1);
    expect(textsOf(run)).toContain('Other.');
  }, 30_000);

  it('stays, once, when the run goes on in another execution', async () => {
    const run = await runtime.start({ graphId: 'loop', input: { limit: 230, results: [] }, durability: 'sync' });
    await working(run, 20);
    const commandId = randomUUID();
    const answer = await inject(run, { results: ['injected'] }, commandId);
    await runtime.journal.until('the next execution', () => runtime.journal.run(run.runId).begun.length > 1, 60_000);
    let again: unknown;
    for (let tries = 0; again === undefined && tries < 20; tries += 1) {
      again = await inject(run, { results: ['injected'] }, commandId).catch((error: { code?: string }) => {
        if (error.code !== 'DEPENDENCY_UNAVAILABLE') throw error as Error;
      });
    }
    expect(again).toEqual(answer);
    expect(await runtime.journal.ended(run.runId, 60_000)).toMatchObject({ status: 'success', steps: 230 });
    const results = valuesOf(run)['results'] as string[];
    expect(results.filter((text) => text === 'injected')).toHaveLength(1);
    expect(results).toHaveLength(231);
    expect(effectsOf(run.runId)).toHaveLength(230);
  }, 120_000);

  it('can be more than one input at a time, in their order, also while a sub-graph works', async () => {
    const run = await runtime.start({ graphId: 'nested-slow', input: { draft: '' }, durability: 'sync' });
    await working(run, 1);
    await Promise.all(['a', 'b', 'c'].map((text) => inject(run, { outs: [text] })));
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success' });
    const outs = valuesOf(run)['outs'] as string[];
    expect(outs.filter((text) => text.length === 1).sort()).toEqual(['a', 'b', 'c']);
    const drafts = runtime.journal.history(run.threadId);
    for (const [i, { parentCheckpointId }] of drafts.entries()) expect(parentCheckpointId).toBe(drafts[i - 1]?.checkpointId ?? null);
    expect(effectsOf(run.runId)).toHaveLength(2);
  }, 30_000);

  it('is refused with the reason: channels that are not there, values that fit nowhere, runs that have ended or not begun', async () => {
    const run = await chatter();
    await working(run, 2);
    const queued = await runtime.start({ graphId: 'chatter', threadId: run.threadId, input: { messages: [] } });
    await Promise.all([
      expect(inject(run, { nonsense: 1 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('nonsense') }),
      expect(inject(run, { messages: [{ nonsense: true }] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' }),
      expect(inject(queued, { messages: [] })).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('not begun') }),
    ]);
    await runtime.journal.ended(run.runId);
    await expect(inject(run, { messages: [] })).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('ended') });
    expect(textsOf(run).slice(0, 3)).toEqual(['said 1', 'said 2', 'said 3']);
    await runtime.journal.ended(queued.runId);
    await runtime.temporal.workflow.getHandle(queued.workflowId).result();
    expect(await inject(run, { messages: [] })).toBe('not-found');
  }, 40_000);

  it('is refused when it comes in the last superstep, or the run is cancelled', async () => {
    const last = await runtime.start({ graphId: 'slow', input: { input: 'x' } });
    await working(last, 2);
    const refused = expect(inject(last, { results: ['late'] })).rejects.toMatchObject({ code: 'CONFLICT' });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await runtime.threads.cancelRun(runtime.ctx, last.threadId, { runId: last.runId, action: 'interrupt', reason: 'test' });
    await refused;
    expect(await runtime.journal.ended(last.runId)).toMatchObject({ status: 'cancelled' });
  }, 30_000);

  it('survives the worker, and the replay of its history', async () => {
    const run = await chatter();
    await working(run, 2);
    const answer = inject(run, { messages: [{ role: 'user', content: 'Hurry.' }] });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await worker.kill();
    await worker.start();
    const outcome = await answer.catch((error: { code: string }) => error.code);
    expect(await runtime.journal.ended(run.runId, 40_000)).toMatchObject({ status: 'success' });
    const times = textsOf(run).filter((text) => text === 'Hurry.').length;
    expect(typeof outcome === 'string' ? times <= 1 : times === 1).toBe(true);
  }, 60_000);
});
