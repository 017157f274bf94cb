import { randomUUID } from 'node:crypto';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '@temporalio/common';
import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
// The one way to choose a start's request id; what Temporal's own Nexus package uses.
import { InternalWorkflowStartOptionsSymbol } from '@temporalio/client/lib/internal.js';
import { TaskQueue } from '@holdfast/contracts';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { TenantContext } from '@holdfast/tenant-context';
import {
  type CancelRunAnswer,
  type CancelRunCommand,
  type EditStateAnswer,
  type EditStateCommand,
  type InjectInputAnswer,
  type InjectInputCommand,
  type PauseAnswer,
  type PauseRunCommand,
  type ResumeRunCommand,
  type RunDelivery,
  type ThreadInput,
  THREAD_WORKFLOW_TYPE,
  ThreadUpdate,
  threadWorkflowId,
} from '../api';
import { isAlreadyStarted, isGone, toClientError } from './client.errors';

/** Options of {@link ThreadClient}. */
export interface ThreadClientOptions {
  /** Milliseconds that one call to Temporal may take. Default 5,000. */
  readonly deadlineMs?: number;
  /** Task queue of the thread workflows. Default `TaskQueue.agents`. */
  readonly taskQueue?: string;
  /**
   * The client's connection is the one of a worker in this process (`NativeConnection`): a workflow that is started then has its first task
   * there, without a way through the database, as long as the worker has room; otherwise any worker takes it. Default false.
   */
  readonly eagerStart?: boolean;
}

/**
 * How a run reached its thread's workflow: started with its first task in this process, started for any worker, or told to one that was
 * open.
 */
export type DeliveryWay = 'eager' | 'started' | 'enqueued';

/** A run and the thread that it belongs to. */
export interface DeliveredRun extends RunDelivery {
  readonly threadId: string;
  /**
   * Names this attempt to deliver: a start that is repeated under the same id is not made twice, also when its workflow has ended by then.
   * Never use it for a run that may have to be driven again. Default: a new one.
   */
  readonly deliveryId?: string;
  /** The thread's workflow probably lingers: it is told first, and started when it does not. */
  readonly lingers?: boolean;
}

type ThreadWorkflow = (input: ThreadInput) => Promise<void>;

const DEFAULT_DEADLINE_MS = 5_000;
/** A workflow can complete between our two calls; five times in a row means that something else is wrong. */
const MAX_DELIVERY_TRIES = 5;

/** The way to thread workflows, of the gateway and of workers. Safe to share; holds no state but the connection of the client it was given. */
export class ThreadClient {
  readonly #client: Client;
  readonly #deadlineMs: number;
  readonly #taskQueue: string;
  readonly #eagerStart: boolean;

  constructor(client: Client, options: ThreadClientOptions = {}) {
    this.#client = client;
    this.#deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
    this.#taskQueue = options.taskQueue ?? TaskQueue.agents;
    this.#eagerStart = options.eagerStart ?? false;
  }

  /**
   * Hands a run to its thread's workflow: starts it, or tells the one that is open. Safe to repeat: the workflow drops a run id
   * that it has seen, and `beginRun` one that is over.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE or DEADLINE_EXCEEDED: the run may or may not have arrived; deliver again.
   */
  async deliver(ctx: TenantContext, thread: DeliveredRun): Promise<{ workflowId: string; way: DeliveryWay }> {
    const workflowId = threadWorkflowId(ctx.tenantId, thread.threadId);
    const { threadId, lingers, deliveryId = randomUUID(), runId, graphId, traceparent, lingerMs } = thread;
    const delivery: RunDelivery = {
      runId,
      graphId,
      ...(traceparent === undefined ? {} : { traceparent }),
      ...(lingerMs === undefined ? {} : { lingerMs }),
    };
    for (let tries = 0; tries < MAX_DELIVERY_TRIES; tries++) {
      const started = lingers === true && tries === 0 ? undefined : await this.#start(ctx, threadId, [delivery], `${deliveryId}-${tries}`);
      if (started !== undefined) return { workflowId, way: started };
      if (await this.#enqueue(workflowId, delivery)) return { workflowId, way: 'enqueued' };
    }
    throw new HoldfastError('DEPENDENCY_UNAVAILABLE', `thread workflow ${workflowId} completed ${MAX_DELIVERY_TRIES} times during delivery`);
  }

  /**
   * The run id of the thread's open workflow execution; null when none is open.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE or DEADLINE_EXCEEDED
   */
  async openExecution(ctx: TenantContext, threadId: string): Promise<string | null> {
    try {
      const { status, runId } = await this.#withDeadline(() => this.#client.workflow.getHandle(threadWorkflowId(ctx.tenantId, threadId)).describe());
      return status.name === 'RUNNING' ? runId : null;
    } catch (error) {
      if (isGone(error)) return null;
      throw toClientError(error);
    }
  }

  /**
   * Cancels an active or queued run. `not-found` when no workflow has it: the caller then ends the row itself.
   * @throws HoldfastError DEPENDENCY_UNAVAILABLE or DEADLINE_EXCEEDED, also when no worker is there to answer.
   */
  async cancelRun(ctx: TenantContext, threadId: string, command: CancelRunCommand): Promise<CancelRunAnswer> {
    const handle = this.#client.workflow.getHandle(threadWorkflowId(ctx.tenantId, threadId));
    try {
      return await this.#withDeadline(() =>
        handle.executeUpdate<CancelRunAnswer, [CancelRunCommand]>(ThreadUpdate.cancelRun, {
          args: [command],
          // Per request: an earlier `not-found` must not answer for a run that was delivered since.
          updateId: `cancel:${command.runId}:${ctx.requestId}`,
        }),
      );
    } catch (error) {
      if (isGone(error)) return 'not-found';
      throw toClientError(error);
    }
  }

  /**
   * Edits a thread's state between two runs; starts the workflow for it when none is open.
   * @throws HoldfastError INVALID_ARGUMENT when the graph refuses the values, GRAPH_UNKNOWN, DEPENDENCY_UNAVAILABLE, DEADLINE_EXCEEDED.
   */
  async editState(ctx: TenantContext, threadId: string, command: EditStateCommand): Promise<EditStateAnswer> {
    const start = new WithStartWorkflowOperation<ThreadWorkflow>(THREAD_WORKFLOW_TYPE, {
      ...this.#startOptions(ctx, threadId, []),
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    });
    try {
      return await this.#withDeadline(() =>
        this.#client.workflow.executeUpdateWithStart<ThreadWorkflow, EditStateAnswer, [EditStateCommand]>(ThreadUpdate.editState, {
          args: [command],
          // Per request: a refusal must not answer for the same command with better values. The journal takes a command once.
          updateId: `${ThreadUpdate.editState}:${command.commandId}:${ctx.requestId}`,
          startWorkflowOperation: start,
        }),
      );
    } catch (error) {
      throw toClientError(error);
    }
  }

  /**
   * Puts values into a run that is being driven. `not-found` when no workflow is open for its thread; `waiting` when the run has taken the
   * command and came to no superstep boundary within `waitMs`, at once when it stands still or was sent the command before: the same command
   * asks again, after a while.
   * @throws HoldfastError CONFLICT with the reason, INVALID_ARGUMENT; DEPENDENCY_UNAVAILABLE or DEADLINE_EXCEEDED: repeat it with the same command id.
   */
  injectInput(ctx: TenantContext, threadId: string, command: InjectInputCommand, waitMs: number): Promise<InjectInputAnswer | 'not-found'> {
    return this.#askRun<InjectInputAnswer, InjectInputCommand>(ThreadUpdate.injectInput, ctx, threadId, command, waitMs);
  }

  /** Lets a run stand still from its next superstep boundary on; answers and errors as those of {@link injectInput}. */
  pauseRun(ctx: TenantContext, threadId: string, command: PauseRunCommand, waitMs: number): Promise<PauseAnswer | 'not-found'> {
    return this.#askRun<PauseAnswer, PauseRunCommand>(ThreadUpdate.pauseRun, ctx, threadId, command, waitMs);
  }

  /** Lets a run go on that stands still; answers and errors as those of {@link injectInput}. */
  resumeRun(ctx: TenantContext, threadId: string, command: ResumeRunCommand, waitMs: number): Promise<PauseAnswer | 'not-found'> {
    return this.#askRun<PauseAnswer, ResumeRunCommand>(ThreadUpdate.resumeRun, ctx, threadId, command, waitMs);
  }

  async #askRun<A, C extends { readonly commandId: string }>(
    update: string,
    ctx: TenantContext,
    threadId: string,
    command: C,
    waitMs: number,
  ): Promise<A | 'waiting' | 'not-found'> {
    const handle = this.#client.workflow.getHandle(threadWorkflowId(ctx.tenantId, threadId));
    try {
      const started = await this.#withDeadline(() =>
        handle.startUpdate<A, [C]>(update, {
          args: [command],
          // Per request: an earlier refusal must not answer for a run that has begun since. The workflow knows commands that it has taken.
          updateId: `${update}:${command.commandId}:${ctx.requestId}`,
          waitForStage: 'ACCEPTED',
        }),
      );
      return await this.#client.withDeadline(Date.now() + waitMs, () => started.result()).catch((error: unknown) => {
        if (toClientError(error).code === 'DEADLINE_EXCEEDED') return 'waiting' as const;
        throw error;
      });
    } catch (error) {
      if (isGone(error)) return 'not-found';
      throw toClientError(error);
    }
  }

  /** Undefined when a workflow with the id is open. */
  async #start(ctx: TenantContext, threadId: string, runs: readonly RunDelivery[], requestId: string): Promise<Exclude<DeliveryWay, 'enqueued'> | undefined> {
    try {
      const options = {
        ...this.#startOptions(ctx, threadId, runs),
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        ...(this.#eagerStart ? { requestEagerStart: true } : {}),
        [InternalWorkflowStartOptionsSymbol]: { requestId },
      };
      const { eagerlyStarted } = await this.#withDeadline(() => this.#client.workflow.start(THREAD_WORKFLOW_TYPE, options));
      return eagerlyStarted ? 'eager' : 'started';
    } catch (error) {
      if (isAlreadyStarted(error)) return undefined;
      throw toClientError(error);
    }
  }

  /** False when the workflow completed before it took the run. */
  async #enqueue(workflowId: string, delivery: RunDelivery): Promise<boolean> {
    try {
      await this.#withDeadline(() =>
        this.#client.workflow
          .getHandle(workflowId)
          .executeUpdate<'accepted', [RunDelivery]>(ThreadUpdate.enqueueRun, { args: [delivery], updateId: delivery.runId }),
      );
      return true;
    } catch (error) {
      if (isGone(error)) return false;
      throw toClientError(error);
    }
  }

  #startOptions(ctx: TenantContext, threadId: string, runs: readonly RunDelivery[]) {
    const args: [ThreadInput] = [{ tenantId: ctx.tenantId, threadId, runs }];
    return {
      taskQueue: this.#taskQueue,
      workflowId: threadWorkflowId(ctx.tenantId, threadId),
      workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
      args,
      // Stops one tenant's backlog from starving the others; activities inherit it.
      priority: { fairnessKey: ctx.tenantId },
    };
  }

  #withDeadline<T>(call: () => Promise<T>): Promise<T> {
    return this.#client.withDeadline(Date.now() + this.#deadlineMs, call);
  }
}
