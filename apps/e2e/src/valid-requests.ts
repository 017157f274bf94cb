import { asTenant, TENANT_TABLES } from './database';
import { askFor } from './approvals';
import type { TestTenant } from './tenant';

/** Objects of a tenant that requests can name. */
export interface Objects {
  readonly threadId: string;
  readonly runId: string;
  readonly assistantId: string;
  readonly checkpointId: string;
  /** Open. */
  readonly approvalId: string;
  /** Switched off. */
  readonly cronId: string;
}

/** Makes one of each: a thread with a finished run and its states, an assistant, an approval that another thread waits for, and a cron. */
export async function makeObjects(tenant: TestTenant, metadata: Record<string, unknown> = {}): Promise<Objects> {
  const { client } = tenant;
  const { thread_id: threadId } = await client.threads.create({ metadata });
  const run = await client.runs.create(threadId, 'three-calls', { input: { input: 'made for a test' }, metadata });
  await client.runs.join(threadId, run.run_id);
  const { assistant_id: assistantId } = await client.assistants.create({ graphId: 'three-calls', name: 'made for a test', metadata });
  await client.assistants.update(assistantId, { description: 'second version' });
  const { checkpoint } = await client.threads.getState(threadId);
  const { approval_id: approvalId } = await askFor(tenant, { action: 'test', args: metadata });
  const cron = await client.crons.create('three-calls', { schedule: '0 8 1 1 *', enabled: false, metadata });
  const { cron_id: cronId } = cron as unknown as { cron_id: string };
  return { cronId, threadId, runId: run.run_id, assistantId, checkpointId: String(checkpoint.checkpoint_id), approvalId };
}

/** A body that each operation accepts. An operation that is new in the API must be added here, or the walks over all of them fail. */
export function validBodies(objects: Objects): Readonly<Record<string, unknown>> {
  const run = { assistant_id: 'three-calls', input: { input: 'x' } };
  const decision = { shown_hash: '0'.repeat(64), policy_version: '1' };
  return {
    createAssistant: { graph_id: 'three-calls' },
    updateAssistant: { name: 'renamed' },
    setLatestAssistantVersion: { version: 1 },
    searchAssistantVersions: {},
    countAssistants: {},
    searchAssistants: {},
    createStatelessRun: run,
    streamStatelessRun: run,
    waitStatelessRun: run,
    createRunBatch: [run],
    cancelRuns: { thread_id: objects.threadId, run_ids: [objects.runId] },
    injectInput: { values: { input: 'more' } },
    pauseRun: { reason: 'x' },
    skipStep: { values: null },
    createThread: {},
    patchThread: { metadata: { touched: true } },
    searchThreadHistory: {},
    createRun: run,
    streamRun: run,
    waitRun: run,
    updateThreadState: { values: { input: 'edited' } },
    patchThreadState: { metadata: { touched: true } },
    getThreadStateAtCheckpoint: { checkpoint: { checkpoint_id: objects.checkpointId } },
    countThreads: {},
    pruneThreads: { thread_ids: [objects.threadId], strategy: 'keep_latest' },
    searchThreads: {},
    approveApproval: decision,
    rejectApproval: decision,
    editApproval: { ...decision, args: {} },
    delegateApproval: { to: 'somebody' },
    commentApproval: { comment: 'x' },
    createCron: { ...run, schedule: '0 8 1 1 *' },
    createThreadCron: { ...run, schedule: '0 8 1 1 *' },
    updateCron: { metadata: { touched: true } },
    searchCrons: {},
    countCrons: {},
    backfillCron: { start_time: '2026-01-01T00:00:00Z', end_time: '2026-01-02T00:00:00Z' },
    postEvent: { type: 'test.happened' },
  };
}

/** What stands for the parameters in paths. */
export function pathValues(objects: Objects): Readonly<Record<string, string>> {
  return {
    thread_id: objects.threadId,
    run_id: objects.runId,
    assistant_id: objects.assistantId,
    checkpoint_id: objects.checkpointId,
    approval_id: objects.approvalId,
    cron_id: objects.cronId,
    namespace: 'none',
  };
}

/** Everything the tenant has, a line per row. For comparing before and after. */
export function snapshot(tenantId: string): Promise<string[]> {
  return asTenant(tenantId, async (owner) => {
    const lines: string[] = [];
    for (const table of TENANT_TABLES) {
      const { rows } = await owner.query<{ row: string }>(
        // the relay marks rows some time after they were written
        `SELECT (to_jsonb(t) - 'published_at')::text AS row FROM ${table} t WHERE tenant_id = $1 ORDER BY 1`,
        [tenantId],
      );
      lines.push(...rows.map(({ row }) => `${table} ${row}`));
    }
    return lines;
  });
}

/** What differs between two snapshots; rows are cut, a few are enough to see. */
export function changes(before: readonly string[], after: readonly string[]): string[] {
  const [old, now] = [new Set(before), new Set(after)];
  const gone = before.filter((line) => !now.has(line)).map((line) => `- ${line.slice(0, 300)}`);
  const come = after.filter((line) => !old.has(line)).map((line) => `+ ${line.slice(0, 300)}`);
  return [...gone.slice(0, 5), ...come.slice(0, 5)];
}
