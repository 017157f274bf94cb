import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import { systemContext } from '@holdfast/tenant-context';
import type { BeginRunGo, BeginRunReply, BeginRunRequest, ToolRequest } from '../src/api';
import { ThreadClient } from '../src/client';
import { LangGraphPlugin } from '../src/worker';
import { testBundle } from './support/test-bundle';

/** Activities of a worker in this process: runs are over as soon as they begin, but for those that are held at their first call. */
class RunTaker {
  readonly begun: string[] = [];
  readonly #held = new Map<string, Promise<void>>();

  readonly activities = {
    beginRun: async ({ runId }: BeginRunRequest): Promise<BeginRunReply> => {
      this.begun.push(runId);
      return this.#held.has(runId) ? GO : { kind: 'skip', reason: 'terminal' };
    },
    commitProgress: async () => undefined,
    // every call of a graph
    default: async ({ ref }: ToolRequest) => {
      await this.#held.get(ref.runId);
      throw ApplicationFailure.nonRetryable('was held', 'TOOL_FAILED');
    },
  };

  /** Keeps a run at its first call until the function it gives is called. */
  hold(runId: string): () => void {
    let letGo = (): void => undefined;
    this.#held.set(runId, new Promise((resolve) => (letGo = resolve)));
    return letGo;
  }
}

const GO: BeginRunGo = {
  kind: 'go',
  graphId: 'linear',
  input: { input: 'x' },
  config: { recursionLimit: 25, configurable: {}, tags: [] },
  context: {},
  interruptBefore: null,
  interruptAfter: null,
  durability: 'sync',
  forked: false,
  called: [],
  saved: null,
  step: -1,
  lastCommit: 0,
};

const { TEMPORAL_ADDRESS = '', TEMPORAL_NAMESPACE = '' } = process.env;
const ctx = systemContext(randomUUID(), 'test', randomUUID());
const taker = new RunTaker();
let connection: Connection;
let native: NativeConnection;
let outside: Client;
let inside: Client;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  [connection, native] = await Promise.all([Connection.connect({ address: TEMPORAL_ADDRESS }), NativeConnection.connect({ address: TEMPORAL_ADDRESS })]);
  outside = new Client({ connection, namespace: TEMPORAL_NAMESPACE });
  inside = new Client({ connection: native, namespace: TEMPORAL_NAMESPACE });
}, 60_000);
afterAll(async () => {
  await connection.close();
  await native.close();
});

async function withWorker(taskQueue: string, options: Partial<WorkerOptions>, work: () => Promise<void>): Promise<void> {
  const worker = await Worker.create({
    connection: native,
    namespace: TEMPORAL_NAMESPACE,
    taskQueue,
    workflowBundle: { codePath: await testBundle() },
    activities: taker.activities,
    plugins: [new LangGraphPlugin()],
    ...options,
  });
  await worker.runUntil(work());
}

/** What the history of a workflow says of its start. */
async function startOf(workflowId: string): Promise<{ eager: boolean; buildId: string | undefined }> {
  const handle = outside.workflow.getHandle(workflowId);
  await handle.result();
  const { events } = await handle.fetchHistory();
  const started = events?.find((event) => event.workflowExecutionStartedEventAttributes != null)?.workflowExecutionStartedEventAttributes;
  const completed = events?.find((event) => event.workflowTaskCompletedEventAttributes != null)?.workflowTaskCompletedEventAttributes;
  return { eager: started?.eagerExecutionAccepted === true, buildId: completed?.deploymentVersion?.buildId ?? undefined };
}

const aRun = (threadId: string = randomUUID()) => ({ threadId, runId: randomUUID(), graphId: 'linear' });

describe.each<[string, () => Client, boolean]>([
  ['over a connection of its own', () => outside, false],
  ['over the connection of the worker', () => inside, true],
])('delivery %s', (_, client, eagerStart) => {
  const taskQueue = `delivery-test-${randomUUID()}`;
  const threads = (): ThreadClient => new ThreadClient(client(), { taskQueue, eagerStart });

  it('starts the workflow, tells the one that is open, and does no harm when repeated', async () => {
    await withWorker(taskQueue, {}, async () => {
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

  it('starts a workflow for any worker while none is there', async () => {
    const run = aRun();
    expect((await new ThreadClient(client(), { taskQueue: `nobody-${randomUUID()}`, eagerStart }).deliver(ctx, run)).way).toBe('started');
  }, 30_000);
});

describe('eager start with versioned workers', () => {
  const deploymentName = `delivery-test-${randomUUID()}`;
  const taskQueue = `delivery-test-${randomUUID()}`;
  const threads = (): ThreadClient => new ThreadClient(inside, { taskQueue, eagerStart: true });
  const versioned = (buildId: string): Partial<WorkerOptions> => ({
    workerDeploymentOptions: { version: { deploymentName, buildId }, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' },
  });
  const makeCurrent = async (buildId: string): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        await outside.workflowService.setWorkerDeploymentCurrentVersion({ namespace: TEMPORAL_NAMESPACE, deploymentName, buildId, identity: 'test' });
        return;
      } catch (error) {
        // the server hears of a version with its first poll
        if (tries === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };

  it('holds for the current version, and for any other that asks for it: what may start there is for the caller to know', async () => {
    await withWorker(taskQueue, versioned('one'), async () => {
      await makeCurrent('one');
      const { workflowId, way } = await threads().deliver(ctx, aRun());
      expect([way, await startOf(workflowId)]).toEqual(['eager', { eager: true, buildId: 'one' }]);
    });
    await withWorker(taskQueue, versioned('two'), async () => {
      const { workflowId, way } = await threads().deliver(ctx, aRun());
      expect([way, await startOf(workflowId)]).toEqual(['eager', { eager: true, buildId: 'two' }]);
    });
  }, 60_000);
});
