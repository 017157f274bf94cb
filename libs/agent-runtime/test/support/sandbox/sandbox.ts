/*
 * The SDK's workflow sandbox without a server: one V8 context for many workflows, as a worker with `reuseV8Context` has it, but with the
 * activations, the time and the seeds of whoever drives it. Runs by Node's type stripping.
 */
import { readFile } from 'node:fs/promises';
import { type Payload, TypedSearchAttributes } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { parseWorkflowCode } from '@temporalio/worker/lib/worker.js';
import { ReusableVMWorkflowCreator } from '@temporalio/worker/lib/workflow/reusable-vm.js';

type Workflow = Awaited<ReturnType<ReusableVMWorkflowCreator['createWorkflow']>>;
type Activation = Parameters<Workflow['activate']>[0];

/** A job of an activation, in the form of the SDK's protocol. */
export type Job = NonNullable<Activation['jobs']>[number];

/** A command of a workflow; each has one member, which names it. */
export type SandboxCommand = Readonly<Record<string, never>>;

/** A workflow execution to begin. */
export interface Execution {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  readonly args: Payload[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The watchdog of a worker. */
const ISOLATE_TIMEOUT_MS = 5_000;

/** Types of local activities that a worker has; `default` stands for those of calls. */
const LOCAL_ACTIVITIES = ['beginRun', 'commitProgress', 'commitTask', 'commitEdit', 'loadThread', 'default'];

/** A V8 context with a bundle. */
export class Sandbox {
  private readonly creator: ReusableVMWorkflowCreator;
  /** Names of the bundle's modules. */
  readonly modules: readonly string[];

  private constructor(creator: ReusableVMWorkflowCreator, modules: readonly string[]) {
    this.creator = creator;
    this.modules = modules;
  }

  static async load(bundlePath: string): Promise<Sandbox> {
    const code = await readFile(bundlePath, 'utf8');
    const creator = await ReusableVMWorkflowCreator.create(parseWorkflowCode(code, bundlePath), ISOLATE_TIMEOUT_MS, new Set(LOCAL_ACTIVITIES));
    const modules = [...code.matchAll(/^\/\*\*\*\/ "([^"]+)"/gm)].map(([, name]) => name!);
    return new Sandbox(creator, modules);
  }

  /** The global object of the workflows, as the SDK holds it. */
  get context(): object {
    return (this.creator as unknown as { _context: object })._context;
  }

  /** What a module that all workflows share exports; undefined for one that each workflow has for itself. */
  exportsOf(module: string): object | undefined {
    const cache = (this.context as { __webpack_module_cache__: Record<string, { exports: object } | undefined> }).__webpack_module_cache__;
    return cache[module]?.exports;
  }

  /** Begins an execution; the first activation is its own. */
  async begin({ workflowId, runId, type, args, now }: Execution): Promise<SandboxWorkflow> {
    const started = new Date(now);
    const workflow = await this.creator.createWorkflow({
      info: {
        workflowId,
        runId,
        workflowType: type,
        searchAttributes: {},
        typedSearchAttributes: new TypedSearchAttributes(),
        taskQueue: 'sandbox',
        namespace: 'sandbox',
        firstExecutionRunId: runId,
        originalExecutionRunId: runId,
        startTime: started,
        runStartTime: started,
        taskTimeoutMs: 10_000,
        attempt: 1,
        historyLength: 3,
        historySize: 0,
        continueAsNewSuggested: false,
        targetWorkerDeploymentVersionChanged: false,
        unsafe: { now: () => now, isReplaying: false, isReplayingHistoryEvents: false, random: { random: () => 0 } },
      } as never,
      randomnessSeed: [...workflowId].map((character) => character.charCodeAt(0)),
      now,
      showStackTraceSources: false,
    });
    const start: Job = { initializeWorkflow: { workflowId, workflowType: type, arguments: args, attempt: 1, startTime: msToTs(now) } };
    return new SandboxWorkflow(workflow, runId, start);
  }
}

/** A workflow execution. */
export class SandboxWorkflow {
  private readonly workflow: Workflow;
  private readonly runId: string;
  /** The job of its first activation. */
  readonly start: Job;

  constructor(workflow: Workflow, runId: string, start: Job) {
    this.workflow = workflow;
    this.runId = runId;
    this.start = start;
  }

  /**
   * Hands a job to the workflow.
   * @returns its commands
   * @throws Error when it fails the workflow task
   */
  async activate(job: Job, now: number): Promise<SandboxCommand[]> {
    const { successful, failed } = await this.workflow.activate({
      runId: this.runId,
      timestamp: msToTs(now),
      isReplaying: false,
      historyLength: 3,
      jobs: [job],
    });
    await this.workflow.getAndResetSinkCalls();
    if (failed != null) throw new Error(`the workflow task failed: ${failed.failure?.message}\n${failed.failure?.stackTrace}`);
    return (successful?.commands ?? []) as unknown as SandboxCommand[];
  }

  dispose(): Promise<void> {
    return this.workflow.dispose();
  }
}
