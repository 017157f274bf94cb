import type { Client } from '@temporalio/client';
import type { Sample, Subject } from '../subject';
import { THREE_CALLS, type Workload, areRight } from '../workload';
import type { PlainWorker } from './plain-worker.process';

/** A plain Temporal workflow with the same calls as normal activities. */
export class PlainSubject implements Subject {
  readonly name = 'plain-temporal';
  #lastWorkflowId: string | undefined;

  constructor(
    private readonly worker: PlainWorker,
    private readonly temporal: Client,
    private readonly workload: Workload = THREE_CALLS,
  ) {}

  async run(index: number): Promise<Sample> {
    const { taskQueue } = this.worker;
    const workflowId = `${taskQueue}-${index}-${performance.now()}`;
    const start = performance.now();
    const results: unknown = await this.temporal.workflow.execute(this.workload.workflow, { taskQueue, workflowId, args: [`#${index}`] });
    const latencyMs = performance.now() - start;
    this.#lastWorkflowId = workflowId;
    if (!areRight(this.workload, results, `#${index}`)) throw new Error(`plain run ${index} answered ${JSON.stringify(results)}`);
    return { latencyMs };
  }

  /** Workflow of the last run. */
  get lastWorkflowId(): string | undefined {
    return this.#lastWorkflowId;
  }

  async historyBytes(): Promise<number> {
    if (this.#lastWorkflowId === undefined) throw new Error('no run yet');
    return (await this.temporal.workflow.getHandle(this.#lastWorkflowId).describe()).historySize ?? 0;
  }
}
