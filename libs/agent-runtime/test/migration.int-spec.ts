import { ThreadSignal } from '../src/api';
import { testBundle } from './support/test-bundle';
import { TestRuntime } from './support/test-runtime';

describe('another version of a graph', () => {
  let runtime: TestRuntime;
  let first: string;
  let second: string;
  let unmigrated: string;
  beforeAll(async () => {
    [first, second, unmigrated] = [await testBundle('moving-first'), await testBundle('moving-second'), await testBundle('moving-unmigrated')];
    runtime = new TestRuntime();
  }, 180_000);
  afterAll(() => runtime.close());

  const effectsOf = (...runIds: string[]): string[] => runtime.journal.effects.filter(({ runId }) => runIds.includes(runId)).map(({ args }) => String(args['message'])).sort();

  it('goes on with a state that waits for people, repeats nothing, and holds on the older one', async () => {
    let worker = runtime.worker(runtime.journal, first);
    await worker.start();
    const asked = await runtime.start({ graphId: 'moving', input: {} });
    const { status, interrupts } = await runtime.journal.ended(asked.runId);
    expect(status).toBe('interrupted');
    const questions = Object.values(interrupts ?? {}).flat();
    expect(questions.map(({ value }) => value).sort()).toEqual(['approve?', 'board?']);
    await worker.stop();

    worker = runtime.worker(runtime.journal, second);
    await worker.start();
    const approve = questions.find(({ value }) => value === 'approve?')?.id;
    // One answer first: the other question is asked again, now by a node with another name.
    const one = await runtime.start({ graphId: 'moving', threadId: asked.threadId, command: { resume: { [approve!]: 'yes' } } });
    const still = await runtime.journal.ended(one.runId);
    expect(still.status).toBe('interrupted');
    const [board, ...others] = Object.values(still.interrupts ?? {}).flat();
    expect([board?.value, others]).toEqual(['board?', []]);
    expect(runtime.journal.head(asked.threadId)?.next).toEqual(['committee']);
    const two = await runtime.start({ graphId: 'moving', threadId: asked.threadId, command: { resume: { [board!.id!]: 'agreed' } } });
    expect(await runtime.journal.ended(two.runId)).toMatchObject({ status: 'success' });
    const [findings, ok, said] = JSON.parse(String(runtime.journal.head(asked.threadId)?.values['draft'])) as [string[], string, string];
    expect([...findings].sort()).toEqual(['Echo: agent1', 'Echo: agent2', 'migrated Echo: work']);
    expect([ok, said]).toEqual(['Echo: before:yes:Echo: after', 'Echo: pa:agreed']);
    expect(effectsOf(asked.runId, one.runId, two.runId)).toEqual(['after', 'agent1', 'agent2', 'before', 'pa', 'work']);
    await worker.stop();

    // The build before is current again: it cannot load this state, and neither fails nor harms it.
    worker = runtime.worker(runtime.journal, first);
    await worker.start();
    const held = await runtime.start({ graphId: 'moving', threadId: asked.threadId, input: {} });
    await runtime.journal.until('the run has begun', () => runtime.journal.run(held.runId).begun.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(runtime.journal.run(held.runId).end).toBeUndefined();
    await worker.stop();
    await runtime.temporal.workflow.getHandle(held.workflowId).signal(ThreadSignal.drain);
    worker = runtime.worker(runtime.journal, second);
    await worker.start();
    expect(await runtime.journal.ended(held.runId, 60_000)).toMatchObject({ status: 'interrupted' });
    await worker.stop();
  }, 180_000);

  it('ends the next run of a thread that waits when no migration leads to it, and harms nothing', async () => {
    let worker = runtime.worker(runtime.journal, first);
    await worker.start();
    const asked = await runtime.start({ graphId: 'moving', input: {} });
    const { interrupts } = await runtime.journal.ended(asked.runId);
    const approve = Object.values(interrupts ?? {}).flat().find(({ value }) => value === 'approve?')?.id;
    const resume = { [approve!]: 'yes' };
    const waiting = runtime.journal.head(asked.threadId)?.saved;
    await worker.stop();

    worker = runtime.worker(runtime.journal, unmigrated);
    await worker.start();
    const refused = await runtime.start({ graphId: 'moving', threadId: asked.threadId, command: { resume } });
    expect(await runtime.journal.ended(refused.runId)).toEqual({
      status: 'error',
      steps: 0,
      error: { code: 'STATE_NOT_MIGRATED', kind: 'user', message: expect.stringContaining('from version 1.0.0 of the thread\'s state to 3.0.0') },
    });
    expect(runtime.journal.head(asked.threadId)?.saved).toBe(waiting);
    await worker.stop();

    worker = runtime.worker(runtime.journal, first);
    await worker.start();
    const answered = await runtime.start({ graphId: 'moving', threadId: asked.threadId, command: { resume } });
    const { status, interrupts: left } = await runtime.journal.ended(answered.runId);
    expect([status, Object.values(left ?? {}).flat().map(({ value }) => value)]).toEqual(['interrupted', ['board?']]);
    await worker.stop();
  }, 120_000);

  it('gets a run that is under way at a superstep boundary, with everything that it has done', async () => {
    const worker = runtime.worker(runtime.journal, first);
    await worker.start();
    const run = await runtime.start({ graphId: 'loop', input: { limit: 30, input: '' }, durability: 'sync' });
    await runtime.journal.until('some progress', () => effectsOf(run.runId).length > 3);
    await runtime.temporal.workflow.getHandle(run.workflowId).signal(ThreadSignal.drain);
    expect(await runtime.journal.ended(run.runId, 60_000)).toEqual({ status: 'success', steps: 30 });
    expect(runtime.executionsOf(run.runId)).toHaveLength(2);
    expect(effectsOf(run.runId)).toHaveLength(30);
    await worker.stop();
  }, 120_000);
});
