import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { systemContext } from '@holdfast/tenant-context';
import { ThreadClient } from '../../src/client';
import type { RecordedHistory } from '../../src/replay';
import { testBundle } from './test-bundle';
import { TestJournal, type TestRun } from './test-journal';
import { WorkerHandle, type WorkerSettings } from './worker-handle';

/** Everything a test of the runtime needs, on the real Temporal server. */
export class TestRuntime {
  readonly journal = new TestJournal();
  readonly ctx = systemContext(randomUUID(), 'test', randomUUID());

  private constructor(
    readonly temporal: Client,
    readonly threads: ThreadClient,
    /** A worker; of another build when its bundle is given. */
    readonly worker: (journal: TestJournal, bundlePath?: string) => WorkerHandle,
    /** Where its workers poll. */
    readonly taskQueue: string,
    private readonly connection: Connection,
  ) {}

  static async connect(worker: Pick<WorkerSettings, 'cache' | 'commitDelayMs' | 'callDelayMs' | 'points'> = {}): Promise<TestRuntime> {
    const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = process.env;
    if (!TEMPORAL_ADDRESS || !TEMPORAL_NAMESPACE) throw new Error('TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name the server to test on');
    const bundlePath = await testBundle();
    const taskQueue = `agent-runtime-test-${randomUUID()}`;
    const connection = await Connection.connect({ address: TEMPORAL_ADDRESS });
    const temporal = new Client({ connection, namespace: TEMPORAL_NAMESPACE });
    const settings = { taskQueue, bundlePath, ...worker };
    return new TestRuntime(temporal, new ThreadClient(temporal, { taskQueue }), (journal, path = bundlePath) => new WorkerHandle(journal, { ...settings, bundlePath: path }), taskQueue, connection);
  }

  /** Creates a run on a thread (default: a new one) without delivering it. */
  newRun(run: Omit<TestRun, 'runId' | 'threadId'> & { threadId?: string }): TestRun {
    return this.journal.add({ ...run, runId: randomUUID(), threadId: run.threadId ?? randomUUID() });
  }

  /** Creates and delivers a run. */
  async start(run: Omit<TestRun, 'runId' | 'threadId'> & { threadId?: string }): Promise<TestRun & { readonly workflowId: string }> {
    const created = this.newRun(run);
    const { workflowId } = await this.threads.deliver(this.ctx, created);
    return { ...created, workflowId };
  }

  /** What happened in a workflow, once it is over. */
  async historyOf(name: string, workflowId: string): Promise<RecordedHistory> {
    const handle = this.temporal.workflow.getHandle(workflowId);
    await handle.result();
    return { name, workflowId, history: await handle.fetchHistory() };
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
