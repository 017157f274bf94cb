import { randomUUID } from 'node:crypto';
import { ThreadSignal } from '../src/api';
import { deviationsOf } from './support/deviations';
import { useRuntime } from './support/use-runtime';

const { runtime, worker } = useRuntime();

const WAIT_MS = 10_000;
const factsOf = (runId: string) => runtime.journal.run(runId).batches.flatMap(({ events }) => events).filter(({ type }) => type.endsWith('used.v1') || type.endsWith('umed.v1'));
const pause = (run: { runId: string; threadId: string }, commandId = randomUUID()) =>
  runtime.threads.pauseRun({ ...runtime.ctx, requestId: randomUUID() }, run.threadId, { commandId, runId: run.runId, by: 'op', reason: 'look' }, WAIT_MS);
const resume = (run: { runId: string; threadId: string }) =>
  runtime.threads.resumeRun({ ...runtime.ctx, requestId: randomUUID() }, run.threadId, { commandId: randomUUID(), runId: run.runId, by: 'op' }, WAIT_MS);
const said = (threadId: string) => (runtime.journal.head(threadId)?.values['messages'] as { content: string }[]).map(({ content }) => content);

const working = () => runtime.start({ graphId: 'chatter', input: { messages: [] }, durability: 'sync' });
const inSecondStep = (run: { runId: string }) => runtime.journal.until('the second call', () => runtime.journal.effects.filter(({ runId }) => runId === run.runId).length === 2);

/** A run of three supersteps that stands still after the second, which takes long. */
async function paused() {
  const run = await working();
  await inSecondStep(run);
  expect(await pause(run)).toBe('paused');
  return run;
}

const drain = (run: { workflowId: string }) => runtime.temporal.workflow.getHandle(run.workflowId).signal(ThreadSignal.drain);

/** Waits for an execution of the run, and makes sure that it stands still there until it is told to go on, and that all of them can be replayed. */
async function standsIn(execution: number, run: Awaited<ReturnType<typeof working>>, texts = ['said 1', 'said 2']): Promise<void> {
  await runtime.journal.until(`execution ${execution}`, () => runtime.executionsOf(run.runId).length === execution);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect([runtime.executionsOf(run.runId).length, said(run.threadId), factsOf(run.runId).length]).toEqual([execution, texts, 1]);
  expect(await resume(run)).toBe('running');
  expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success', steps: 3 });
  expect([said(run.threadId), factsOf(run.runId).length]).toEqual([[...texts, 'said 3'], 2]);
  expect(await deviationsOf(await runtime.historiesOf(run))).toEqual([]);
}

describe('a run that is paused', () => {
  it('stands still at its next superstep boundary, costs no workflow task, and goes on as if nothing had been', async () => {
    const run = await paused();
    expect(said(run.threadId)).toEqual(['said 1', 'said 2']);
    const handle = runtime.temporal.workflow.getHandle(run.workflowId);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = (await handle.fetchHistory()).events?.length;
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect((await handle.fetchHistory()).events?.length).toBe(before);
    expect(await pause(run)).toBe('paused');
    expect(await resume(run)).toBe('running');
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'success', steps: 3 });
    expect(said(run.threadId)).toEqual(['said 1', 'said 2', 'said 3']);
    expect(factsOf(run.runId)).toEqual([
      { type: 'run.paused.v1', data: { command_id: expect.any(String), by: 'op', reason: 'look' } },
      { type: 'run.resumed.v1', data: { command_id: expect.any(String), by: 'op' } },
    ]);
    const history = await runtime.historyOf('paused', run.workflowId);
    expect(await deviationsOf([history])).toEqual([]);
  }, 60_000);

  it('stands still on another worker, and in another workflow execution', async () => {
    const run = await paused();
    await worker.kill();
    await worker.start();
    await runtime.temporal.workflow.getHandle(run.workflowId).terminate('lost');
    await runtime.threads.deliver({ ...runtime.ctx, requestId: randomUUID() }, run);
    await runtime.journal.until('the next execution', () => runtime.journal.run(run.runId).begun.length === 2);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(said(run.threadId)).toEqual(['said 1', 'said 2']);
    expect(await resume(run)).toBe('running');
    expect((await runtime.journal.ended(run.runId)).status).toBe('success');
    expect(said(run.threadId)).toEqual(['said 1', 'said 2', 'said 3']);
    expect(factsOf(run.runId)).toHaveLength(2);
  }, 60_000);

  it('stands on in the next execution when it is drained, with what was put in before', async () => {
    const run = await paused();
    const values = { messages: [{ type: 'human', content: 'by the way', id: 'h' }] };
    expect(await runtime.threads.injectInput(runtime.ctx, run.threadId, { commandId: randomUUID(), runId: run.runId, values }, 500)).toBe('waiting');
    await drain(run);
    await standsIn(2, run, ['said 1', 'said 2', 'by the way']);
  }, 60_000);

  it('stands on when it is drained before its execution has begun', async () => {
    const run = await paused();
    await worker.kill();
    await runtime.temporal.workflow.getHandle(run.workflowId).terminate('lost');
    await runtime.threads.deliver({ ...runtime.ctx, requestId: randomUUID() }, run);
    await drain(run);
    await worker.start();
    await standsIn(3, run);
  }, 60_000);

  it('keeps room for a resume however much is put in and asked', async () => {
    const run = await paused();
    const put = (commandId: string) =>
      runtime.threads.injectInput({ ...runtime.ctx, requestId: randomUUID() }, run.threadId, { commandId, runId: run.runId, values: { messages: [{ type: 'human', content: commandId }] } }, WAIT_MS);
    const ids = Array.from({ length: 20 }, (_, i) => `input ${i}`);
    for (let round = 0; round < 3; round += 1) expect(new Set(await Promise.all(ids.map(put)))).toEqual(new Set(['waiting']));
    await expect(put('one more')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    expect(await resume(run)).toBe('running');
    await runtime.journal.ended(run.runId);
    expect(said(run.threadId).sort()).toEqual([...ids, 'said 1', 'said 2', 'said 3'].sort());
  }, 60_000);

  it('leaves a history behind that questions made long', async () => {
    const run = await paused();
    const values = { messages: [{ type: 'human', content: 'by the way', id: 'h' }] };
    const command = { commandId: randomUUID(), runId: run.runId, values };
    const ask = () => runtime.threads.injectInput({ ...runtime.ctx, requestId: randomUUID() }, run.threadId, command, WAIT_MS).catch((error: { code?: string }) => error.code);
    // CONFLICT: the next execution has not taken the run up.
    const answers = ['waiting', 'DEPENDENCY_UNAVAILABLE', 'CONFLICT', { checkpointId: expect.any(String) }];
    for (let asked = 0; asked < 1_000 && runtime.executionsOf(run.runId).length === 1; asked += 1) expect(answers).toContainEqual(await ask());
    await standsIn(2, run, ['said 1', 'said 2', 'by the way']);
  }, 120_000);

  it('is cancelled where it stands', async () => {
    const run = await paused();
    await runtime.threads.cancelRun(runtime.ctx, run.threadId, { runId: run.runId, action: 'interrupt', reason: 'enough' });
    expect(await runtime.journal.ended(run.runId)).toMatchObject({ status: 'cancelled', reason: 'enough' });
    expect(said(run.threadId)).toEqual(['said 1', 'said 2']);
  }, 60_000);

  it('takes what was put in while it stood', async () => {
    const run = await paused();
    const values = { messages: [{ type: 'human', content: 'by the way', id: 'h' }] };
    const command = { commandId: randomUUID(), runId: run.runId, values };
    expect(await runtime.threads.injectInput(runtime.ctx, run.threadId, command, 500)).toBe('waiting');
    expect(said(run.threadId)).toEqual(['said 1', 'said 2']);
    expect(await resume(run)).toBe('running');
    await runtime.journal.ended(run.runId);
    expect(said(run.threadId)).toEqual(['said 1', 'said 2', 'by the way', 'said 3']);
  }, 60_000);
});

describe('a pause', () => {
  it('is taken back before the boundary: the run never stands', async () => {
    const run = await working();
    await inSecondStep(run);
    const asked = pause(run);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await resume(run)).toBe('running');
    expect(await asked).toBe('running');
    expect((await runtime.journal.ended(run.runId)).status).toBe('success');
    expect([said(run.threadId), factsOf(run.runId)]).toEqual([['said 1', 'said 2', 'said 3'], []]);
  }, 60_000);

  it('is waited for by one who asked: more keep nobody out', async () => {
    const run = await working();
    await inSecondStep(run);
    const asked = pause(run);
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (let round = 0; round < 3; round += 1) expect(new Set(await Promise.all(Array.from({ length: 20 }, () => pause(run))))).toEqual(new Set(['waiting']));
    expect(await resume(run)).toBe('running');
    expect(await asked).toBe('running');
    expect((await runtime.journal.ended(run.runId)).status).toBe('success');
  }, 60_000);

  it('that was asked for in the superstep in which the run is drained holds in the next execution', async () => {
    const run = await working();
    await inSecondStep(run);
    const asked = pause(run);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await drain(run);
    expect(await asked).toBe('paused');
    await standsIn(2, run);
  }, 60_000);

  it('of a run that has ended is refused', async () => {
    const run = await runtime.start({ graphId: 'linear', input: { input: 'x' }, lingerMs: 20_000 });
    await runtime.journal.ended(run.runId);
    await expect(pause(run)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('ended') });
  }, 60_000);
});
