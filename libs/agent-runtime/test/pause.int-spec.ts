import { randomUUID } from 'node:crypto';
import { replayHistories } from '../src/replay';
import { testBundle } from './support/test-bundle';
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

const WAIT_MS = 10_000;
const factsOf = (runId: string) => runtime.journal.run(runId).batches.flatMap(({ events }) => events).filter(({ type }) => type.endsWith('used.v1') || type.endsWith('umed.v1'));
const pause = (run: { runId: string; threadId: string }, commandId = randomUUID()) =>
  runtime.threads.pauseRun({ ...runtime.ctx, requestId: randomUUID() }, run.threadId, { commandId, runId: run.runId, by: 'op', reason: 'look' }, WAIT_MS);
const resume = (run: { runId: string; threadId: string }) =>
  runtime.threads.resumeRun({ ...runtime.ctx, requestId: randomUUID() }, run.threadId, { commandId: randomUUID(), runId: run.runId, by: 'op' }, WAIT_MS);
const said = (threadId: string) => (runtime.journal.head(threadId)?.values['messages'] as { content: string }[]).map(({ content }) => content);

/** A run of three supersteps that stands still after the second, which takes long. */
async function paused() {
  const run = await runtime.start({ graphId: 'chatter', input: { messages: [] }, durability: 'sync' });
  await runtime.journal.until('the second call', () => runtime.journal.effects.filter(({ runId }) => runId === run.runId).length === 2);
  expect(await pause(run)).toBe('paused');
  return run;
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
    expect((await replayHistories(await testBundle(), [history])).map(({ error }) => error)).toEqual([undefined]);
  }, 60_000);

  it('stands still on another worker, and in another workflow execution', async () => {
    const run = await paused();
    await worker.kill();
    worker = runtime.worker(runtime.journal);
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
    const run = await runtime.start({ graphId: 'chatter', input: { messages: [] }, durability: 'sync' });
    await runtime.journal.until('the second call', () => runtime.journal.effects.filter(({ runId }) => runId === run.runId).length === 2);
    const asked = pause(run);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await resume(run)).toBe('running');
    expect(await asked).toBe('running');
    expect((await runtime.journal.ended(run.runId)).status).toBe('success');
    expect([said(run.threadId), factsOf(run.runId)]).toEqual([['said 1', 'said 2', 'said 3'], []]);
  }, 60_000);

  it('of a run that has ended is refused', async () => {
    const run = await runtime.start({ graphId: 'linear', input: { input: 'x' }, lingerMs: 20_000 });
    await runtime.journal.ended(run.runId);
    await expect(pause(run)).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('ended') });
  }, 60_000);
});
