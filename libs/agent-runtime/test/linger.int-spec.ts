import { randomUUID } from 'node:crypto';
import { systemContext } from '@holdfast/tenant-context';
import { threadWorkflowId } from '../src/api';
import { ThreadClient } from '../src/client';
import { deviationsOf } from './support/deviations';
import { RunTaker } from './support/run-taker';

const LINGER_MS = 4_000;
const ctx = systemContext(randomUUID(), 'test', randomUUID());
const taskQueue = `linger-test-${randomUUID()}`;
let taker: RunTaker;
let threads: ThreadClient;

beforeAll(async () => {
  taker = await RunTaker.connect();
  threads = new ThreadClient(taker.outside, { taskQueue });
}, 60_000);
afterAll(() => taker.close());

const aRun = (threadId: string = randomUUID()) => ({ threadId, runId: randomUUID(), graphId: 'linear', lingerMs: LINGER_MS });
const handleOf = (threadId: string) => taker.outside.workflow.getHandle(threadWorkflowId(ctx.tenantId, threadId));

/** How long the thread's workflow stays open from now on, milliseconds; its history is replayed. */
async function openFor(threadId: string): Promise<number> {
  const begun = performance.now();
  const handle = handleOf(threadId);
  await handle.result();
  const openMs = performance.now() - begun;
  expect(await deviationsOf([{ name: threadId, workflowId: handle.workflowId, history: await handle.fetchHistory() }])).toEqual([]);
  return openMs;
}

const withWorker = (work: () => Promise<void>): Promise<void> => taker.withWorker(taskQueue, {}, work);

it('takes the next turns into the workflow that is open, and lets it go when none comes', async () => {
  await withWorker(async () => {
    const first = aRun();
    expect((await threads.deliver(ctx, first)).way).toBe('started');
    const turns = [aRun(first.threadId), aRun(first.threadId)];
    const { runId } = await handleOf(first.threadId).describe();
    for (const turn of turns) expect((await threads.deliver(ctx, { ...turn, lingers: true })).way).toBe('enqueued');
    expect((await handleOf(first.threadId).describe()).runId).toBe(runId);
    const openMs = await openFor(first.threadId);
    expect(taker.begun.slice(-3)).toEqual([first, ...turns].map((run) => run.runId));
    expect(openMs).toBeGreaterThan(LINGER_MS / 2);
    expect(openMs).toBeLessThan(LINGER_MS * 2);
    expect((await threads.deliver(ctx, { ...aRun(first.threadId), lingers: true })).way).toBe('started');
  });
}, 60_000);

it('does not linger unless the last turn asks for it', async () => {
  await withWorker(async () => {
    const { lingerMs: _, ...first } = aRun();
    await threads.deliver(ctx, first);
    expect(await openFor(first.threadId)).toBeLessThan(LINGER_MS / 2);
  });
}, 60_000);

it('edits the state, knows no run to cancel, and ends when it is cancelled', async () => {
  await withWorker(async () => {
    const { threadId, runId } = aRun();
    await threads.deliver(ctx, { ...aRun(threadId), runId });
    const edit = { commandId: randomUUID(), graphId: 'linear', values: { input: 'edited' } };
    expect((await threads.editState(ctx, threadId, edit)).checkpointId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await threads.cancelRun(ctx, threadId, { runId, action: 'interrupt', reason: 'test' })).toBe('not-found');
    expect((await handleOf(threadId).describe()).status.name).toBe('RUNNING');
    await handleOf(threadId).cancel();
    expect(await openFor(threadId)).toBeLessThan(LINGER_MS / 2);
  });
}, 60_000);

it('hears a refused edit again under the same command', async () => {
  await withWorker(async () => {
    const run = aRun();
    await threads.deliver(ctx, run);
    const edit = (requestId: string, asNode: string) =>
      threads.editState({ ...ctx, requestId }, run.threadId, { commandId: run.runId, graphId: 'linear', values: { input: 'edited' }, asNode });
    await expect(edit('first', 'nobody')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await edit('second', 'a')).checkpointId).toMatch(/^[0-9a-f-]{36}$/);
  });
}, 60_000);

it('does not linger on a build that does not take the next run', async () => {
  taker.mayLinger = false;
  try {
    await withWorker(async () => {
      const { threadId, ...run } = aRun();
      await threads.deliver(ctx, { threadId, ...run });
      expect(await openFor(threadId)).toBeLessThan(LINGER_MS / 2);
    });
  } finally {
    taker.mayLinger = true;
  }
}, 60_000);
