import { randomUUID } from 'node:crypto';
import type { TestRun } from './support/test-journal';
import { useRuntime } from './support/use-runtime';

const { runtime } = useRuntime();

const effectsOf = (runId: string) => runtime.journal.effects.filter((effect) => effect.runId === runId);

describe('several runs on a thread', () => {
  it('run in order, and a run that is delivered twice runs once', async () => {
    const first = runtime.newRun({ graphId: 'linear', input: { input: '1' } });
    const second = runtime.newRun({ graphId: 'linear', threadId: first.threadId, input: { input: '2' } });
    await runtime.threads.deliver(runtime.ctx, first);
    await Promise.all([1, 2, 3].map(() => runtime.threads.deliver(runtime.ctx, second)));
    await runtime.journal.ended(second.runId);
    await runtime.threads.deliver(runtime.ctx, first);
    expect(runtime.journal.head(first.threadId)?.values['results']).toEqual(['1', '1', '1', '2', '2', '2'].map((n, i) => `Echo: ${'abc'[i % 3]}:${n}`));
    expect(effectsOf(second.runId)).toHaveLength(3);
  }, 30_000);

  it('run in the order in which they were made, also when a delivery is late or lost', async () => {
    const [first, second, third] = ['1', '2', '3'].reduce<TestRun[]>((runs, input) => {
      return [...runs, runtime.newRun({ graphId: 'linear', input: { input }, ...(runs[0] === undefined ? {} : { threadId: runs[0].threadId }) })];
    }, []) as [TestRun, TestRun, TestRun];
    await runtime.threads.deliver(runtime.ctx, third);
    await runtime.journal.ended(third.runId);
    await runtime.threads.deliver(runtime.ctx, second);
    expect(runtime.journal.head(first.threadId)?.values['results']).toEqual(['1', '1', '1', '2', '2', '2', '3', '3', '3'].map((n, i) => `Echo: ${'abc'[i % 3]}:${n}`));
    expect([first, second, third].map((run) => effectsOf(run.runId).length)).toEqual([3, 3, 3]);
  }, 30_000);

  it('cancels the active run at once, tells its calls, and goes on with the next', async () => {
    const slow = await runtime.start({ graphId: 'slow', input: { input: 'x' } });
    await runtime.journal.until('both calls', () => effectsOf(slow.runId).length === 2);
    const next = await runtime.start({ graphId: 'linear', threadId: slow.threadId, input: { input: 'y' } });
    const answer = await runtime.threads.cancelRun(runtime.ctx, slow.threadId, { runId: slow.runId, action: 'rollback', reason: 'enough' });
    expect(answer).toBe('accepted');
    expect(await runtime.journal.ended(slow.runId)).toEqual({ status: 'cancelled', steps: 0, reason: 'enough', rollback: true });
    expect(await runtime.journal.ended(next.runId)).toMatchObject({ status: 'success' });
    await runtime.journal.until(
      'both calls to be told',
      () => runtime.journal.effects.filter((effect) => effect.runId === 'cancelled' && effect.activityType.startsWith('slow.')).length >= 2,
    );
  }, 30_000);

  it('takes a queued run out while another one goes on', async () => {
    const slow = await runtime.start({ graphId: 'slow', input: { input: 'x' } });
    await runtime.journal.until('both calls', () => effectsOf(slow.runId).length === 2);
    const queued = await runtime.start({ graphId: 'linear', threadId: slow.threadId, input: { input: 'y' } });
    const cancel = (runId: string) => runtime.threads.cancelRun(runtime.ctx, slow.threadId, { runId, action: 'interrupt', reason: 'no' });
    expect(await cancel(queued.runId)).toBe('accepted');
    expect(await runtime.journal.ended(queued.runId)).toEqual({ status: 'cancelled', steps: 0, reason: 'no', rollback: false });
    expect(runtime.journal.run(slow.runId).end).toBeUndefined();
    expect(await cancel(randomUUID())).toBe('not-found');
    await cancel(slow.runId);
    await runtime.journal.ended(slow.runId);
    expect(effectsOf(queued.runId)).toHaveLength(0);
  }, 30_000);

  it('ends everything when the workflow itself is cancelled', async () => {
    const slow = await runtime.start({ graphId: 'slow', input: { input: 'x' } });
    await runtime.journal.until('both calls', () => effectsOf(slow.runId).length === 2);
    const queued = await runtime.start({ graphId: 'linear', threadId: slow.threadId, input: { input: 'y' } });
    await runtime.temporal.workflow.getHandle(slow.workflowId).cancel();
    expect(await runtime.journal.ended(slow.runId)).toMatchObject({ status: 'cancelled', reason: 'the workflow was cancelled' });
    expect(await runtime.journal.ended(queued.runId)).toMatchObject({ status: 'cancelled' });
  }, 30_000);

  it('answers not-found for a run of a thread without workflow', async () => {
    const command = { runId: randomUUID(), action: 'interrupt', reason: 'x' } as const;
    expect(await runtime.threads.cancelRun(runtime.ctx, randomUUID(), command)).toBe('not-found');
  }, 30_000);

  it('tells which execution of a thread is open', async () => {
    expect(await runtime.threads.openExecution(runtime.ctx, randomUUID())).toBeNull();
    const slow = await runtime.start({ graphId: 'slow', input: { input: 'x' } });
    await runtime.journal.until('both calls', () => effectsOf(slow.runId).length === 2);
    expect(await runtime.threads.openExecution(runtime.ctx, slow.threadId)).toBe(runtime.journal.run(slow.runId).begun[0]?.workflowRunId);
    await runtime.temporal.workflow.getHandle(slow.workflowId).terminate('test');
    expect(await runtime.threads.openExecution(runtime.ctx, slow.threadId)).toBeNull();
  }, 30_000);

  it('skips a run that is gone', async () => {
    const { workflowId } = await runtime.threads.deliver(runtime.ctx, { threadId: randomUUID(), runId: randomUUID(), graphId: 'linear' });
    await runtime.temporal.workflow.getHandle(workflowId).result();
  }, 30_000);
});
