import { deviationsOf } from './support/deviations';
import { TestRuntime } from './support/test-runtime';

describe('a worker that dies', () => {
  it('is followed by one that goes on: no finished call is repeated, every commit is there once', async () => {
    const runtime = new TestRuntime();
    const worker = runtime.worker(runtime.journal);
    await worker.start();
    const runs = await Promise.all(Array.from({ length: 10 }, (_, i) => runtime.start({ graphId: 'loop', input: { limit: 20, input: `${i}` } })));
    for (let kills = 0; kills < 2; kills++) {
      const before = runtime.journal.effects.length;
      await runtime.journal.until('some progress', () => runtime.journal.effects.length >= before + 20 || runs.every((run) => runtime.journal.run(run.runId).end));
      await worker.kill();
      await worker.start();
    }
    for (const run of runs) {
      expect(await runtime.journal.ended(run.runId, 90_000)).toEqual({ status: 'success', steps: 20 });
      expect(runtime.journal.head(run.threadId)?.values['results']).toEqual(Array.from({ length: 20 }, (_, n) => `Echo: ${n}`));
      expect(runtime.journal.run(run.runId).begun.every((begun) => begun.workflowRunId === runtime.journal.run(run.runId).begun[0]?.workflowRunId)).toBe(true);
    }
    // A call whose answer had not reached the ledger is made again: at most the calls in flight at each kill.
    const calls = new Set(runtime.journal.effects.map((effect) => `${effect.runId}:${effect.callId}`));
    expect(calls.size).toBe(200);
    expect(runtime.journal.effects.length - 200).toBeLessThanOrEqual(2 * runs.length);
    await worker.stop();
    await runtime.close();
  }, 180_000);

  it('goes on with the same interrupt ids and checkpoints when every workflow task is a replay', async () => {
    const runtime = new TestRuntime({ cache: 0 });
    const worker = runtime.worker(runtime.journal);
    await worker.start();
    const asked = await runtime.start({ graphId: 'approve', input: { draft: '' } });
    const end = await runtime.journal.ended(asked.runId);
    const [interrupt] = Object.values(end.interrupts ?? {}).flat();
    const resumed = await runtime.start({ graphId: 'approve', threadId: asked.threadId, command: { resume: { [interrupt!.id!]: 'by id' } } });
    expect(await runtime.journal.ended(resumed.runId)).toMatchObject({ status: 'success' });
    expect(runtime.journal.head(asked.threadId)?.values['draft']).toMatch(/:by id$/);
    const history = runtime.journal.history(asked.threadId);
    expect(history.map((c) => c.parentCheckpointId)).toEqual([null, ...history.slice(0, -1).map((c) => c.checkpointId)]);
    await worker.stop();
    await runtime.close();
  }, 120_000);
});

describe('a run that goes on from a checkpoint', () => {
  it('gives its messages ids that none of the thread has', async () => {
    const runtime = new TestRuntime();
    const worker = runtime.worker(runtime.journal);
    await worker.start();
    const run = await runtime.start({ graphId: 'chatter', input: { messages: [{ role: 'user', content: 'go' }] } });
    await runtime.journal.until('a message', () => (runtime.journal.head(run.threadId)?.values['messages'] as unknown[] | undefined)?.length === 2);
    await worker.kill();
    await worker.start();
    await runtime.journal.ended(run.runId, 60_000);
    const messages = runtime.journal.head(run.threadId)?.values['messages'] as { content: string; id: string }[];
    expect(messages.map(({ content }) => content)).toEqual(['go', 'said 1', 'said 2', 'said 3']);
    expect(new Set(messages.map(({ id }) => id)).size).toBe(4);
    await worker.stop();
    await runtime.close();
  }, 120_000);
});

describe('a slow journal', () => {
  it('lets answers of calls and commits arrive in any order without a deviation at replay', async () => {
    const runtime = new TestRuntime({ commitDelayMs: 400 });
    const worker = runtime.worker(runtime.journal);
    await worker.start();
    const graphs = ['linear', 'pure', 'custom', 'half', 'loop'];
    const runs = await Promise.all(
      Array.from({ length: 15 }, (_, i) => runtime.start({ graphId: graphs[i % graphs.length]!, input: { input: `${i}`, limit: 6 } })),
    );
    for (const run of runs) expect((await runtime.journal.ended(run.runId, 60_000)).status).toBe(run.graphId === 'half' ? 'error' : 'success');
    const histories = await Promise.all(runs.map(({ graphId, workflowId }) => runtime.historyOf(graphId, workflowId)));
    expect(await deviationsOf(histories)).toEqual([]);
    await worker.stop();
    await runtime.close();
  }, 180_000);
});

describe('calls beside each other in the local lane', () => {
  it('may answer in any order: a replay gives each its own answer', async () => {
    const runtime = new TestRuntime({ commitDelayMs: 30, callDelayMs: 40 });
    const worker = runtime.worker(runtime.journal);
    await worker.start();
    const runs = await Promise.all(Array.from({ length: 25 }, (_, i) => runtime.start({ graphId: 'fan', input: { input: `${i}` } })));
    for (const [i, run] of runs.entries()) {
      expect((await runtime.journal.ended(run.runId, 60_000)).status).toBe('success');
      expect([...(runtime.journal.head(run.threadId)?.values['results'] as string[])].sort()).toEqual(
        ['Echo: a1', 'Echo: a2', `Echo: a3 ${i}`, 'Echo: b2', 'Echo: c1', 'Echo: c2', 'Echo: c3', `Echo: end:${i}`, 'heard 1'].sort(),
      );
    }
    const histories = await Promise.all(runs.map(({ graphId, workflowId }) => runtime.historyOf(graphId, workflowId)));
    expect(await deviationsOf(histories)).toEqual([]);
    await worker.stop();
    await runtime.close();
  }, 180_000);
});

describe('a long run', () => {
  it('continues as new at a superstep boundary, with its queue, each call once, and its limit', async () => {
    const runtime = new TestRuntime();
    const worker = runtime.worker(runtime.journal);
    await worker.start();
    const long = await runtime.start({ graphId: 'loop', input: { limit: 250 }, recursionLimit: 300, durability: 'sync' });
    await runtime.journal.until('a start', () => runtime.journal.effects.length > 0);
    const queued = await runtime.start({ graphId: 'linear', threadId: long.threadId, input: { input: 'after' } });
    expect(await runtime.journal.ended(long.runId, 150_000)).toEqual({ status: 'success', steps: 250 });
    const { begun, batches } = runtime.journal.run(long.runId);
    expect(begun.length).toBeGreaterThan(1);
    expect(new Set(begun.map((request) => request.workflowRunId)).size).toBe(begun.length);
    expect(batches.map((batch) => batch.commit)).toEqual(batches.map((_, i) => i + 1));
    const calls = runtime.journal.effects.filter((effect) => effect.runId === long.runId);
    expect(calls.map((effect) => effect.args['message'])).toEqual(Array.from({ length: 250 }, (_, i) => `${i}`));
    expect(new Set(calls.map((effect) => effect.callId)).size).toBe(250);
    expect(await runtime.journal.ended(queued.runId)).toMatchObject({ status: 'success' });
    const steps = batches.flatMap((batch) => batch.events).flatMap((event) => (event.type === 'run.step-completed.v1' && event.data.checkpoint_id !== null ? [event.data.step] : []));
    expect(steps).toEqual(Array.from({ length: 251 }, (_, i) => i));
    await worker.stop();
    await runtime.close();
  }, 240_000);
});
