import { randomUUID } from 'node:crypto';
import { Database, RunJournal, RunsRepository, createDatabase } from '@holdfast/persistence';
import type { OwnDatabase } from './own-database';

/** Writes runs into the journal the way gateway and worker do. */
export class JournalWriter {
  private readonly gateway: Database;
  private readonly worker: Database;
  readonly tenantId = randomUUID();

  constructor(private readonly database: OwnDatabase) {
    this.gateway = createDatabase({ url: database.url('GATEWAY'), maxConnections: 4, applicationName: 'test-gateway' });
    this.worker = createDatabase({ url: database.url('WORKER'), maxConnections: 8, applicationName: 'test-worker' });
  }

  /** Makes the tenant. */
  async prepare(): Promise<void> {
    await this.database.query('INSERT INTO executions.tenants (tenant_id, slug, name) VALUES ($1, $2, $2)', [this.tenantId, `t-${this.tenantId}`], this.tenantId);
  }

  /** A run that has been created: one row. */
  async createRun(traceparent?: string): Promise<RunInHand> {
    const scope = { tenantId: this.tenantId, traceparent };
    const ref = { tenantId: this.tenantId, threadId: randomUUID(), runId: randomUUID() };
    const made = await new RunsRepository(this.gateway).createRun(scope, {
      runId: ref.runId,
      threadId: ref.threadId,
      assistantId: randomUUID(),
      graphId: 'test-graph',
      kwargs: { input: { messages: [] } },
      metadata: {},
      multitaskStrategy: 'enqueue',
      ifNotExists: 'create',
    });
    if (made.kind !== 'created') throw new Error(`not created: ${made.reason}`);
    return new RunInHand(scope, ref, new RunJournal(this.worker));
  }

  /** A whole run with so many steps: `steps + 3` rows. */
  async wholeRun(steps: number): Promise<string> {
    const run = await this.createRun();
    await run.begin();
    for (let step = 1; step <= steps; step += 1) await run.step(step);
    await run.complete(steps + 1, steps);
    return run.runId;
  }

  async close(): Promise<void> {
    await Promise.all([this.gateway.close(), this.worker.close()]);
  }
}

/** One run, written step by step. */
export class RunInHand {
  constructor(
    private readonly scope: { tenantId: string; traceparent?: string | undefined },
    private readonly ref: { tenantId: string; threadId: string; runId: string },
    private readonly journal: RunJournal,
  ) {}

  get runId(): string {
    return this.ref.runId;
  }

  async begin(): Promise<void> {
    await this.journal.beginRun(this.scope, { ...this.ref, workflowId: 'w', workflowRunId: this.ref.runId, buildId: 'test' });
  }

  /** One row; `padding` bytes make it large. */
  async step(commit: number, padding = 0): Promise<void> {
    const frames = padding === 0 ? [] : [{ ns: [], mode: 'custom' as const, data: 'x'.repeat(padding) }];
    const data = { step: commit, checkpoint_id: null, parent_checkpoint_id: null, frames };
    await this.commit(commit, [{ type: 'run.step-completed.v1', data }]);
  }

  /** One row of a type that this build does not know, as a newer worker may write during a deploy. */
  async unknownEvent(commit: number): Promise<void> {
    await this.commit(commit, [{ type: 'run.levitated.v9' as 'run.completed.v1', data: { steps: 0 } }]);
  }

  async complete(commit: number, steps: number): Promise<void> {
    await this.commit(commit, [], { status: 'success', steps });
  }

  private async commit(commit: number, events: Parameters<RunJournal['commitProgress']>[1]['events'], end?: { status: 'success'; steps: number }): Promise<void> {
    const result = await this.journal.commitProgress(this.scope, { ...this.ref, commit, events, checkpoints: [], ...(end === undefined ? {} : { end }) });
    if (result.kind !== 'committed') throw new Error(`commit ${commit} of ${this.ref.runId}: ${result.kind}`);
  }
}
