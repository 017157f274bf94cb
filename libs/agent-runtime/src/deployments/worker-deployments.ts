import type { ConnectionLike, WorkflowService } from '@temporalio/client';
import { HoldfastError } from '@holdfast/contracts/errors';
import { WORKER_DEPLOYMENT } from '../api';
import { type DeploymentState, deploymentState, identityOf } from './deployment-state';

/** Options of {@link WorkerDeployments}. */
export interface WorkerDeploymentsOptions {
  readonly namespace: string;
  /** Shown by Temporal as the author of changes. */
  readonly identity: string;
  /** Milliseconds that one call may take. Default 5,000. */
  readonly deadlineMs?: number;
  /** Default {@link WORKER_DEPLOYMENT}. */
  readonly deploymentName?: string;
}

/** An open workflow execution. */
export interface OpenExecution {
  readonly workflowId: string;
  readonly runId: string;
  readonly startedAt: Date;
}

const DEFAULT_DEADLINE_MS = 5_000;
const PAGE = 100;
/** Executions that {@link WorkerDeployments.eachOpen} reads at most. */
export const MOST_READ = 10_000;
/** Condition of {@link WorkerDeployments.countOpen}: the workflow task failed, or ran out of time, again and again. */
export const STUCK_QUERY = "TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')";

const BUILD_ID = /^[\w.-]+$/;
/** gRPC. */
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;

/** Which build of the workers takes which runs: reads and changes it. The SDK has no high-level API for it. */
export class WorkerDeployments {
  readonly #connection: ConnectionLike;
  readonly #options: Required<WorkerDeploymentsOptions>;

  constructor(connection: ConnectionLike, options: WorkerDeploymentsOptions) {
    this.#connection = connection;
    this.#options = { deadlineMs: DEFAULT_DEADLINE_MS, deploymentName: WORKER_DEPLOYMENT, ...options };
  }

  /** Undefined before a versioned worker has polled for the first time. */
  async describe(): Promise<DeploymentState | undefined> {
    const { namespace, deploymentName } = this.#options;
    try {
      return deploymentState(await this.#call((service) => service.describeWorkerDeployment({ namespace, deploymentName })));
    } catch (error) {
      if (codeOf(error) === NOT_FOUND) return undefined;
      throw error;
    }
  }

  /**
   * New runs go to the build from now on; a ramp to it ends.
   * @param standsInFor the build whose place it takes until that one has a worker again
   * @throws HoldfastError CONFLICT when somebody changed the routing since `state` was read, or no worker of the build polls yet.
   */
  async promote(buildId: string, state: DeploymentState, standsInFor?: string): Promise<void> {
    const { namespace, deploymentName } = this.#options;
    const identity = identityOf(this.#options.identity, standsInFor);
    const { conflictToken } = state;
    await this.#change(buildId, (service) => service.setWorkerDeploymentCurrentVersion({ namespace, deploymentName, buildId, identity, conflictToken }));
  }

  /**
   * So many percent of the new runs go to the build; undefined ends the ramp.
   * @throws HoldfastError CONFLICT, see {@link promote}.
   */
  async ramp(to: { readonly buildId: string; readonly percent: number } | undefined, state: DeploymentState): Promise<void> {
    const { namespace, deploymentName, identity } = this.#options;
    const { buildId, percent: percentage } = to ?? { buildId: '', percent: 0 };
    const { conflictToken } = state;
    await this.#change(buildId, (service) =>
      service.setWorkerDeploymentRampingVersion({ namespace, deploymentName, buildId, percentage, identity, conflictToken }),
    );
  }

  /** Open executions of a build, oldest first as far as they come. @param query more conditions, in Temporal's list filter language */
  async openExecutions(buildId: string, limit: number, query = ''): Promise<OpenExecution[]> {
    const { executions } = await this.#list(buildId, query, limit);
    return executions.sort((a, b) => a.startedAt.getTime() - b.startedAt.getTime());
  }

  /** Open executions of a build, page after page as far as the caller reads, at most {@link MOST_READ}. @param query see {@link openExecutions} */
  async *eachOpen(buildId: string, query = ''): AsyncGenerator<OpenExecution> {
    let next: Uint8Array | undefined;
    for (let read = 0; read < MOST_READ; read += PAGE) {
      const page = await this.#list(buildId, query, PAGE, next);
      yield* page.executions;
      if (page.next.length === 0) return;
      next = page.next;
    }
  }

  /** How many executions of a build are open. @param query see {@link openExecutions} */
  async countOpen(buildId: string, query = ''): Promise<number> {
    const { namespace } = this.#options;
    const { count } = await this.#call((service) =>
      service.countWorkflowExecutions({ namespace, query: `${this.openQuery(buildId)}${query === '' ? '' : ` AND ${query}`}` }),
    );
    return Number(count ?? 0);
  }

  /** Ends an execution, so that its run can begin anew from its checkpoint; one that is over already stays as it is. */
  async terminate({ workflowId, runId }: Pick<OpenExecution, 'workflowId' | 'runId'>, reason: string): Promise<void> {
    const { namespace, identity } = this.#options;
    try {
      await this.#call((service) => service.terminateWorkflowExecution({ namespace, workflowExecution: { workflowId, runId }, reason, identity }));
    } catch (error) {
      if (codeOf(error) !== NOT_FOUND) throw error;
    }
  }

  /** Sends a signal without arguments; one to an execution that is over is lost. */
  async signal({ workflowId, runId }: Pick<OpenExecution, 'workflowId' | 'runId'>, signalName: string): Promise<void> {
    const { namespace, identity } = this.#options;
    try {
      await this.#call((service) => service.signalWorkflowExecution({ namespace, workflowExecution: { workflowId, runId }, signalName, identity }));
    } catch (error) {
      if (codeOf(error) !== NOT_FOUND) throw error;
    }
  }

  /** List filter of the open executions of a build. */
  openQuery(buildId: string): string {
    if (!BUILD_ID.test(buildId)) throw new HoldfastError('INVALID_ARGUMENT', `${JSON.stringify(buildId)} is no build id`);
    return `TemporalWorkerDeploymentVersion = '${this.#options.deploymentName}:${buildId}' AND ExecutionStatus = 'Running'`;
  }

  async #list(buildId: string, query: string, pageSize: number, nextPageToken?: Uint8Array): Promise<{ executions: OpenExecution[]; next: Uint8Array }> {
    const { namespace } = this.#options;
    const filter = `${this.openQuery(buildId)}${query === '' ? '' : ` AND ${query}`}`;
    const answer = await this.#call((service) => service.listWorkflowExecutions({ namespace, pageSize, nextPageToken, query: filter }));
    const executions = (answer.executions ?? []).map(({ execution, startTime }) => ({
      workflowId: execution?.workflowId ?? '',
      runId: execution?.runId ?? '',
      startedAt: new Date(Number(startTime?.seconds ?? 0) * 1_000),
    }));
    return { executions, next: answer.nextPageToken ?? new Uint8Array() };
  }

  async #change(buildId: string, change: (service: WorkflowService) => Promise<unknown>): Promise<void> {
    try {
      await this.#call(change);
    } catch (error) {
      const code = codeOf(error);
      if (code !== NOT_FOUND && code !== FAILED_PRECONDITION) throw error;
      throw new HoldfastError('CONFLICT', `Temporal refuses build ${buildId || '(none)'} now: ${detailsOf(error)}`, { cause: error });
    }
  }

  #call<T>(call: (service: WorkflowService) => Promise<T>): Promise<T> {
    const { deadlineMs } = this.#options;
    return this.#connection.withDeadline(Date.now() + deadlineMs, () => call(this.#connection.workflowService));
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}

function detailsOf(error: unknown): string {
  const { details } = error as { details?: unknown };
  return typeof details === 'string' && details !== '' ? details : String(error);
}
