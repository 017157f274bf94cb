import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { BeginRunGo, BeginRunReply, BeginRunRequest, CommitEditRequest, ToolRequest } from '../../src/api';
import { LangGraphPlugin } from '../../src/worker';
import { testBundle } from './test-bundle';

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

/** Workers in this process whose runs fail at their first call, at which they can be held; with both kinds of clients. */
export class RunTaker {
  readonly begun: string[] = [];
  /** What `beginRun` says of lingering. */
  mayLinger = true;
  readonly #held = new Map<string, Promise<void>>();

  readonly #activities = {
    beginRun: async ({ runId }: BeginRunRequest): Promise<BeginRunReply> => {
      this.begun.push(runId);
      return { ...GO, mayLinger: this.mayLinger };
    },
    commitProgress: async () => undefined,
    loadThread: async () => ({ saved: null }),
    commitEdit: async ({ checkpoint }: CommitEditRequest) => ({ checkpointId: checkpoint.checkpointId }),
    // every call of a graph
    default: async ({ ref }: ToolRequest) => {
      await this.#held.get(ref.runId);
      throw ApplicationFailure.nonRetryable('no', 'TOOL_FAILED');
    },
  };

  private constructor(
    private readonly connection: Connection,
    private readonly native: NativeConnection,
    private readonly namespace: string,
    /** Over a connection of its own. */
    readonly outside: Client,
    /** Over the connection of the workers. */
    readonly inside: Client,
  ) {}

  static async connect(): Promise<RunTaker> {
    const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = process.env;
    if (!address || !namespace) throw new Error('TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name the server to test on');
    Runtime.install({ logger: new DefaultLogger('ERROR') });
    const [connection, native] = await Promise.all([Connection.connect({ address }), NativeConnection.connect({ address })]);
    return new RunTaker(connection, native, namespace, new Client({ connection, namespace }), new Client({ connection: native, namespace }));
  }

  async close(): Promise<void> {
    await this.connection.close();
    await this.native.close();
  }

  /** Keeps a run at its first call until the function it gives is called. */
  hold(runId: string): () => void {
    let letGo = (): void => undefined;
    this.#held.set(runId, new Promise((resolve) => (letGo = resolve)));
    return letGo;
  }

  /** Runs a worker as long as the work takes. */
  async withWorker(taskQueue: string, options: Partial<WorkerOptions>, work: () => Promise<void>): Promise<void> {
    const worker = await Worker.create({
      connection: this.native,
      namespace: this.namespace,
      taskQueue,
      activities: this.#activities,
      plugins: [new LangGraphPlugin({ bundle: { codePath: await testBundle() } })],
      ...options,
    });
    await worker.runUntil(work());
  }

  /** Gives all new workflows of a deployment to a version whose worker runs. */
  async makeCurrent(deploymentName: string, buildId: string): Promise<void> {
    const { namespace } = this;
    for (let tries = 1; ; tries += 1) {
      try {
        await this.outside.workflowService.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId, identity: 'test' });
        return;
      } catch (error) {
        // the server hears of a version with its first poll
        if (tries === 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

/** Options of a versioned worker. */
export function versioned(deploymentName: string, buildId: string): Partial<WorkerOptions> {
  return { workerDeploymentOptions: { version: { deploymentName, buildId }, useWorkerVersioning: true, defaultVersioningBehavior: 'PINNED' } };
}
