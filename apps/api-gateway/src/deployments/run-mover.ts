import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { ThreadSignal, taskWorkflowPrefix, threadOfWorkflow, threadWorkflowOfTask } from '@holdfast/agent-runtime/api';
import { type OpenExecution, canMove } from '@holdfast/agent-runtime/deployments';
import { ROOT_LOGGER, type LogSink } from '@holdfast/nest-kit';
import { type BuildRow, CheckpointsRepository, RunsRepository } from '@holdfast/persistence';
import { systemContext, type TenantContext } from '@holdfast/tenant-context';
import { LRUCache } from 'lru-cache';
import { TemporalLink } from '../connections/temporal-link';
import { DeliveryService } from '../delivery/delivery.service';
import { swept } from '../rounds/swept';
import type { StrandedBuild } from './stranded-builds';

/** A run is not asked again to let go for so long, ms: each signal is an event of its history, and a call may take minutes. */
const ASK_AGAIN_MS = 10 * 60_000;
const MOST_KNOWN = 10_000;
/** How long it is known of a workflow that it stays, ms: to find out takes several queries. */
const STAYS_MS = 60_000;
/** Tasks of one thread that end with it; what is left is found by itself. */
const MOST_TASKS = 1_000;

interface MovedThread {
  readonly ctx: TenantContext;
  readonly threadId: string;
  /** The runs that have begun. */
  readonly runs: readonly { readonly runId: string; readonly graphId: string; readonly traceparent: string | null }[];
}

/** Moves open runs from one build to another. */
@Injectable()
export class RunMover {
  /** By workflow run id. */
  readonly #asked = new LRUCache<string, true>({ max: MOST_KNOWN, ttl: ASK_AGAIN_MS });
  /** By workflow run id and the build that it could not be moved to. */
  readonly #stays = new LRUCache<string, true>({ max: MOST_KNOWN, ttl: STAYS_MS });

  constructor(
    @Inject(RunsRepository) private readonly runs: RunsRepository,
    @Inject(CheckpointsRepository) private readonly checkpoints: CheckpointsRepository,
    @Inject(TemporalLink) private readonly temporal: TemporalLink,
    @Inject(DeliveryService) private readonly deliveries: DeliveryService,
    @Inject(ROOT_LOGGER) private readonly log: LogSink,
  ) {}

  /**
   * Ends the workflow with those of its sub-agents, and delivers its run again. It goes on from its last checkpoint, and the ledgers answer the calls that had finished.
   * A sub-agent begins anew with its parent: where it is nobody works on it, and the new parent would wait for it.
   * Replaying it on another build instead (a versioning override) would work only for builds with the same code.
   * @returns false when it stays, because the other build cannot load its state
   */
  async move(execution: OpenExecution, to: BuildRow, from: StrandedBuild): Promise<boolean> {
    const place = `${execution.runId} ${to.buildId}`;
    if (this.#stays.has(place)) return false;
    const thread = await this.movable(execution, to);
    if (thread === undefined) {
      this.#stays.set(place, true);
      return false;
    }
    const { ctx, threadId, runs } = thread;
    const { why } = from;
    await this.temporal.deployments().terminate(execution, why);
    await this.endTasks(execution.workflowId, from);
    swept.inc({ what: 'stranded-run' });
    this.log.warn({ tenant_id: ctx.tenantId, thread_id: threadId, build_id: to.buildId }, `a run is moved to the build of new runs: ${why}`);
    // The sweep takes care of those that have not begun: some of them are to begin later.
    for (const { runId, graphId, traceparent } of runs) {
      this.deliveries.deliverSoon({ ...ctx, ...(traceparent === null ? {} : { traceparent }) }, { threadId, runId, graphId, now: true });
    }
    return true;
  }

  /**
   * Ends a sub-agent's workflow whose parent is not on its build: it has been moved and waits for it, or is gone. Temporal's list is a moment
   * behind, and a gateway may die between the ends of the two.
   * @returns false when it stays with its parent
   */
  async endStray(task: OpenExecution, from: StrandedBuild): Promise<boolean> {
    const parent = threadWorkflowOfTask(task.workflowId);
    if (parent === undefined) return false;
    const deployments = this.temporal.deployments();
    if ((await deployments.openExecutions(from.buildId, 1, `WorkflowId = '${parent}'`)).length > 0) return false;
    await deployments.terminate(task, from.why);
    swept.inc({ what: 'stranded-task' });
    return true;
  }

  /**
   * Asks the workflow to let go at its next superstep boundary; it then continues as new on the build of new runs.
   * @returns false when it was asked before, or stays, because that build cannot load its state
   */
  async drain(execution: OpenExecution, to: BuildRow): Promise<boolean> {
    if (this.#asked.has(execution.runId)) return false;
    this.#asked.set(execution.runId, true);
    if ((await this.movable(execution, to)) === undefined) return false;
    await this.temporal.deployments().signal(execution, ThreadSignal.drain);
    swept.inc({ what: 'drained-run' });
    return true;
  }

  /** Those of sub-agents first that asked others: one that is told of the end of another would take it for a failure. */
  private async endTasks(threadWorkflow: string, { buildId, why }: StrandedBuild): Promise<void> {
    const deployments = this.temporal.deployments();
    const tasks = await deployments.openExecutions(buildId, MOST_TASKS, `WorkflowId STARTS_WITH '${taskWorkflowPrefix(threadWorkflow)}'`);
    for (const task of tasks.sort((a, b) => a.workflowId.length - b.workflowId.length)) {
      await deployments.terminate(task, why);
      swept.inc({ what: 'stranded-task' });
    }
  }

  /** Undefined for what is no thread's workflow, and for a thread whose state the build cannot load. */
  private async movable({ workflowId }: OpenExecution, to: BuildRow): Promise<MovedThread | undefined> {
    const thread = threadOfWorkflow(workflowId);
    if (thread === undefined) return undefined;
    const { tenantId, threadId } = thread;
    const ctx = systemContext(tenantId, 'sweep', `move-${randomUUID()}`);
    const [active, header] = [await this.runs.activeRuns(ctx, threadId), await this.checkpoints.savedHeader(ctx, threadId)];
    const found = await Promise.all(active.map(async ({ runId, status }) => ({ status, run: await this.runs.get(ctx, { runId }) })));
    const runs = found.flatMap(({ status, run }) => (run === null ? [] : [{ runId: run.run_id, status, graphId: run.graph_id, traceparent: run.traceparent }]));
    if (!runs.every(({ graphId }) => canMove(graphId, header, to.graphs))) return undefined;
    return { ctx, threadId, runs: runs.filter(({ status }) => status === 'running') };
  }
}
