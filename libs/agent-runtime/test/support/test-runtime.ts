import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { systemContext } from '@holdfast/tenant-context';
import { ThreadClient } from '../../src/client';
import type { RecordedHistory } from '../../src/replay';
import { testBundle } from './test-bundle';
import { TestJournal, type TestRun } from './test-journal';
import { WorkerHandle, type WorkerSettings } from './worker-handle';

const COMMAND_DEADLINE_MS = 30_000;

/** Everything a test of the runtime needs, on the real Temporal server. */
export class TestRuntime {
  readonly journal = new TestJournal();
  readonly ctx = systemContext(randomUUID(), 'test', randomUUID());

  readonly temporal: Client;
  readonly threads: ThreadClient;
  private readonly connection: Connection;
  /** Where its workers poll. */
  readonly taskQueue = `agent-runtime-test-${randomUUID()}`;

  /** Connects when something is asked of the server. */
  constructor(private readonly settings: Pick<WorkerSettings, 'cache' | 'commitDelayMs' | 'callDelayMs' | 'points'> = {}) {
    const { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE } = process.env;
    if (!TEMPORAL_ADDRESS || !TEMPORAL_NAMESPACE) throw new Error('TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name the server to test on');
    this.connection = Connection.lazy({ address: TEMPORAL_ADDRESS });
    this.temporal = new Client({ connection: this.connection, namespace: TEMPORAL_NAMESPACE });
    // Commands wait for workers that a test starts.
    this.threads = new ThreadClient(this.temporal, { taskQueue: this.taskQueue, deadlineMs: COMMAND_DEADLINE_MS });
  }

  /** A worker; of another build when its bundle is given. */
  worker(journal: TestJournal, bundlePath?: string): WorkerHandle {
    const bundle = (): Promise<string> => (bundlePath === undefined ? testBundle() : Promise.resolve(bundlePath));
    return new WorkerHandle(journal, { taskQueue: this.taskQueue, bundle, ...this.settings });
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

  /** What happened in a workflow: in the execution that is named, so far; else in the newest, once it is over. */
  async historyOf(name: string, workflowId: string, workflowRunId?: string): Promise<RecordedHistory> {
    const handle = this.temporal.workflow.getHandle(workflowId, workflowRunId);
    if (workflowRunId === undefined) await handle.result();
    return { name, workflowId, history: await handle.fetchHistory() };
  }

  /** Ids of the workflow executions that have begun a run, in order. */
  executionsOf(runId: string): string[] {
    return [...new Set(this.journal.run(runId).begun.map(({ workflowRunId }) => workflowRunId))];
  }

  /** What happened so far in each workflow execution that has begun a run, in order. */
  historiesOf({ runId, workflowId }: { readonly runId: string; readonly workflowId: string }): Promise<RecordedHistory[]> {
    return Promise.all(this.executionsOf(runId).map((execution) => this.historyOf(execution, workflowId, execution)));
  }

  async close(): Promise<void> {
    await this.connection.close();
  }
}
