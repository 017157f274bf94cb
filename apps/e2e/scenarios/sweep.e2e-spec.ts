import { randomUUID } from 'node:crypto';
import { asTenant, readJournal } from '../src/database';
import { problemOf, send, type RawResponse } from '../src/http';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';
import { listExecutions, terminate } from '../src/workflows';

/** Issue 3: the sweep starts such a run within 10 s. */
const SWEEP_WITHIN_MS = 10_000;

interface Row {
  readonly status: string;
  readonly delivered: boolean;
}

describe('a run whose gateway dies between commit and delivery', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('sweep');
  });
  afterAll(() => untilAllReady());

  const rowOf = (runId: string): Promise<Row | undefined> =>
    asTenant(tenant.tenantId, async (owner) => {
      const { rows } = await owner.query<Row>('SELECT status, delivered_at IS NOT NULL AS delivered FROM executions.runs WHERE tenant_id = $1 AND run_id = $2', [tenant.tenantId, runId]);
      return rows[0];
    });

  it('is started by the sweep, once', async () => {
    const runs = Array.from({ length: 5 }, () => ({ runId: randomUUID(), threadId: randomUUID() }));
    // With Temporal away no delivery can succeed: what is committed now cannot have been delivered when the gateway dies.
    const temporal = killHard('temporal');
    const answers = await Promise.all(
      runs.map(({ runId, threadId }) =>
        send({ method: 'POST', path: `/threads/${threadId}/runs`, apiKey: tenant.apiKey, json: { assistant_id: 'three-calls', run_id: runId, input: { input: 'late' }, if_not_exists: 'create' } }),
      ),
    );
    const gateway = killHard('api-gateway');
    const diedAt = performance.now();
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    for (const { runId } of runs) expect(await rowOf(runId)).toEqual({ status: 'pending', delivered: false });

    await Promise.all([untilBack('temporal', temporal), untilBack('api-gateway', gateway)]);
    const backAt = performance.now();
    await waitUntil('all of them have begun', async () => (await Promise.all(runs.map(({ runId }) => rowOf(runId)))).every((row) => row?.status !== 'pending'), { timeoutMs: SWEEP_WITHIN_MS });
    const now = performance.now();
    process.stdout.write(`  the sweep had started ${runs.length} runs ${((now - backAt) / 1000).toFixed(1)} s after gateway and Temporal served again, ${((now - diedAt) / 1000).toFixed(1)} s after the kill\n`);

    for (const { runId, threadId } of runs) {
      expect(await tenant.client.runs.join(threadId, runId)).toEqual({ input: 'late', results: ['Echo: one late', 'Echo: two late', 'Echo: three late'] });
      const types = (await readJournal(tenant.tenantId, runId)).map((row) => row.type);
      expect(types.filter((type) => type === 'run.started.v1')).toHaveLength(1);
      expect(types.filter((type) => type === 'tool.called.v1')).toHaveLength(3);
      expect(await rowOf(runId)).toMatchObject({ delivered: true });
      const executions = await waitUntil('Temporal lists the execution as closed', async () => {
        const found = await listExecutions(tenant.tenantId, threadId);
        return found.length > 0 && found.every((execution) => execution.status !== 'RUNNING') && found;
      });
      expect(executions.map((execution) => execution.status)).toEqual(['COMPLETED']);
    }
  }, 90_000);

  it('a POST repeated after the death of the gateway makes no second run', async () => {
    const threadId = randomUUID();
    const request = {
      method: 'POST',
      path: `/threads/${threadId}/runs`,
      apiKey: tenant.apiKey,
      json: { assistant_id: 'three-calls', input: { input: 'retried' }, if_not_exists: 'create' },
      headers: { 'idempotency-key': randomUUID() },
    };
    // The answer to the first request may or may not get through: that is the point.
    const first = send(request).catch(() => undefined);
    await waitUntil('the row is there', () => asTenant(tenant.tenantId, async (owner) => (await owner.query('SELECT 1 FROM executions.runs WHERE tenant_id = $1 AND thread_id = $2', [tenant.tenantId, threadId])).rows.length > 0), { everyMs: 1 });
    const gateway = killHard('api-gateway');
    await first;
    const again = await waitUntil<RawResponse>('the gateway answers again', () => send(request).catch(() => undefined), { timeoutMs: 45_000 });
    await untilBack('api-gateway', gateway);
    expect(again.status).toBe(200);
    const { run_id: runId } = JSON.parse(again.text) as { run_id: string };
    await tenant.client.runs.join(threadId, runId);
    expect((await tenant.client.runs.list(threadId)).map((run) => run.run_id)).toEqual([runId]);
    expect((await readJournal(tenant.tenantId, runId)).filter((row) => row.type === 'run.started.v1')).toHaveLength(1);
  }, 90_000);

  it('runs of one thread keep their order, whichever is delivered first', async () => {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const temporal = killHard('temporal');
    const ids: string[] = [];
    for (const input of ['a', 'b', 'c', 'd']) ids.push((await tenant.client.runs.create(threadId, 'three-calls', { input: { input } })).run_id);
    await untilBack('temporal', temporal);
    for (const id of ids) await tenant.client.runs.join(threadId, id);
    const { rows } = await asTenant(tenant.tenantId, (owner) => owner.query<{ run_id: string }>('SELECT run_id FROM executions.runs WHERE tenant_id = $1 AND thread_id = $2 ORDER BY started_at', [tenant.tenantId, threadId]));
    expect(rows.map((row) => row.run_id)).toEqual(ids);
  }, 90_000);

  it('a run whose workflow was terminated goes on from its last checkpoint', async () => {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const input = { messages: [{ role: 'user', content: 'What is 40 plus 2? slow:3000' }] };
    const { run_id: runId } = await tenant.client.runs.create(threadId, 'plan-execute-review', { input });
    await waitUntil('a step is done', async () => (await readJournal(tenant.tenantId, runId)).some((row) => row.type === 'run.step-completed.v1'));
    await terminate(tenant.tenantId, threadId);
    // as if it had been silent for two minutes
    await asTenant(tenant.tenantId, (owner) => owner.query(`UPDATE executions.runs SET updated_at = now() - interval '2 minutes' WHERE tenant_id = $1 AND run_id = $2`, [tenant.tenantId, runId]));
    await tenant.client.runs.join(threadId, runId);
    expect((await tenant.client.runs.get(threadId, runId)).status).toBe('success');
    const journal = await readJournal(tenant.tenantId, runId);
    expect(journal.map((row) => row.seq)).toEqual(journal.map((_, index) => index + 1));
    expect(journal.filter((row) => row.type === 'run.started.v1')).toHaveLength(2);
  }, 90_000);

  it('while Temporal is away runs are accepted, and other requests are answered', async () => {
    const temporal = killHard('temporal');
    const { thread_id: threadId } = await tenant.client.threads.create({ graphId: 'three-calls' });
    const run = await tenant.client.runs.create(threadId, 'three-calls', { input: { input: 'patience' } });
    expect(run.status).toBe('pending');
    expect((await tenant.client.threads.get(threadId)).status).toBe('busy');
    const other = await tenant.client.threads.create({ graphId: 'three-calls' });
    // an edit needs the workflow: it waits for it or says that it cannot have it, and never pretends
    const edit = await send({ method: 'POST', path: `/threads/${other.thread_id}/state`, apiKey: tenant.apiKey, json: { values: { input: 'edited' } } });
    if (edit.status !== 200) expect(problemOf(edit)).toMatchObject({ status: 503, code: 'DEPENDENCY_UNAVAILABLE' });
    else expect((await tenant.client.threads.getState(other.thread_id)).values).toMatchObject({ input: 'edited' });
    await untilBack('temporal', temporal);
    expect(await tenant.client.runs.join(threadId, run.run_id)).toMatchObject({ input: 'patience' });
  }, 90_000);
});
