import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { systemContext } from '@holdfast/tenant-context';
import { ThreadClient } from '../src/client';
import { RunTaker, versioned } from './support/run-taker';

const ctx = systemContext(randomUUID(), 'test', randomUUID());
let taker: RunTaker;

beforeAll(async () => {
  taker = await RunTaker.connect();
}, 60_000);
afterAll(() => taker.close());

/** What the history of a workflow says of its start. */
async function startOf(workflowId: string): Promise<{ eager: boolean; buildId: string | undefined }> {
  const handle = taker.outside.workflow.getHandle(workflowId);
  await handle.result();
  const { events } = await handle.fetchHistory();
  const started = events?.find((event) => event.workflowExecutionStartedEventAttributes != null)?.workflowExecutionStartedEventAttributes;
  const completed = events?.find((event) => event.workflowTaskCompletedEventAttributes != null)?.workflowTaskCompletedEventAttributes;
  return { eager: started?.eagerExecutionAccepted === true, buildId: completed?.deploymentVersion?.buildId ?? undefined };
}

const aRun = (threadId: string = randomUUID()) => ({ threadId, runId: randomUUID(), graphId: 'linear' });

describe.each<[string, () => Client, boolean]>([
  ['over a connection of its own', () => taker.outside, false],
  ['over the connection of the worker', () => taker.inside, true],
])('delivery %s', (_, client, eagerStart) => {
  const taskQueue = `delivery-test-${randomUUID()}`;
  const threads = (): ThreadClient => new ThreadClient(client(), { taskQueue, eagerStart });

  it('starts the workflow, tells the one that is open, and does no harm when repeated', async () => {
    await taker.withWorker(taskQueue, {}, async () => {
      const first = aRun();
      const second = aRun(first.threadId);
      const letGo = taker.hold(first.runId);
      const { workflowId, way } = await threads().deliver(ctx, first);
      expect(way).toBe(eagerStart ? 'eager' : 'started');
      for (const run of [first, second, second]) expect((await threads().deliver(ctx, run)).way).toBe('enqueued');
      letGo();
      expect((await startOf(workflowId)).eager).toBe(eagerStart);
      const both: string[] = [first.runId, second.runId];
      expect(taker.begun.filter((runId) => both.includes(runId))).toEqual(both);
    });
  }, 60_000);

  it('makes an attempt once, whoever repeats it, open or over', async () => {
    await taker.withWorker(taskQueue, {}, async () => {
      const run = { ...aRun(), deliveryId: randomUUID() };
      const letGo = taker.hold(run.runId);
      const { workflowId } = await threads().deliver(ctx, run);
      const other = new ThreadClient(taker.outside, { taskQueue });
      expect((await other.deliver(ctx, run)).way).toBe('started');
      letGo();
      await startOf(workflowId);
      expect((await other.deliver(ctx, run)).way).toBe('started');
      expect((await other.deliver(ctx, { ...run, deliveryId: randomUUID() })).way).toBe('started');
      await startOf(workflowId);
      expect(taker.begun.filter((runId) => runId === run.runId)).toHaveLength(2);
    });
  }, 60_000);

  it('starts a workflow for any worker while none is there', async () => {
    const run = aRun();
    expect((await new ThreadClient(client(), { taskQueue: `nobody-${randomUUID()}`, eagerStart }).deliver(ctx, run)).way).toBe('started');
  }, 30_000);
});

describe('eager start with versioned workers', () => {
  const deploymentName = `delivery-test-${randomUUID()}`;
  const taskQueue = `delivery-test-${randomUUID()}`;
  const threads = (): ThreadClient => new ThreadClient(taker.inside, { taskQueue, eagerStart: true });

  it('holds for the current version, and for any other that asks for it: what may start there is for the caller to know', async () => {
    await taker.withWorker(taskQueue, versioned(deploymentName, 'one'), async () => {
      await taker.makeCurrent(deploymentName, 'one');
      const { workflowId, way } = await threads().deliver(ctx, aRun());
      expect([way, await startOf(workflowId)]).toEqual(['eager', { eager: true, buildId: 'one' }]);
    });
    await taker.withWorker(taskQueue, versioned(deploymentName, 'two'), async () => {
      const { workflowId, way } = await threads().deliver(ctx, aRun());
      expect([way, await startOf(workflowId)]).toEqual(['eager', { eager: true, buildId: 'two' }]);
    });
  }, 60_000);
});
