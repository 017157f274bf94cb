import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { addPrincipal } from '../src/approvals';
import { readJournal } from '../src/database';
import { problemSchema, send } from '../src/http';
import { asking } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

interface Run {
  readonly threadId: string;
  readonly runId: string;
}

describe('operating runs', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('operating');
  });

  async function post(run: Run, action: string, json?: object, apiKey = tenant.apiKey): Promise<{ status: number; body: Record<string, unknown> }> {
    const path = `/threads/${run.threadId}/runs/${run.runId}/${action}`;
    const { status, text } = await send({ method: 'POST', path, apiKey, ...(json === undefined ? {} : { json }) });
    return { status, body: JSON.parse(text) as Record<string, unknown> };
  }

  async function start(graph: string, input: Record<string, unknown>): Promise<Run> {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const { run_id: runId } = await tenant.client.runs.create(threadId, graph, { input, metadata: { ticket: '7' } });
    return { threadId, runId };
  }

  /** A run of three steps whose second fails. */
  async function failed(question: string): Promise<Run> {
    const run = await start('one-try', { question: `${question} ${randomUUID()}` });
    await tenant.client.runs.join(run.threadId, run.runId);
    expect((await tenant.client.runs.get(run.threadId, run.runId)).status).toBe('error');
    return run;
  }

  const said = async ({ threadId }: Run): Promise<unknown> => ((await tenant.client.threads.getState(threadId)).values as { said?: unknown }).said;
  const typesOf = async ({ runId }: Run): Promise<string[]> => (await readJournal(tenant.tenantId, runId)).map(({ type }) => type);

  describe('pause and resume', () => {
    async function working(): Promise<Run> {
      const run = await start('react', asking('What is the sum of 1, 2, 3 and 4? slow:1500'));
      await waitUntil('it works', async () => (await tenant.client.runs.get(run.threadId, run.runId)).status === 'running');
      return run;
    }

    it('lets a run stand still, and go on to its answer', async () => {
      const run = await working();
      const stands = { run_id: run.runId, thread_id: run.threadId, status: 'paused' };
      expect(await post(run, 'pause', { reason: 'look at it' })).toEqual({ status: 200, body: stands });
      const before = await readJournal(tenant.tenantId, run.runId);
      expect(before.at(-1)).toMatchObject({ type: 'run.paused.v1', data: { by: 'tester', reason: 'look at it' } });
      await sleep(3_000);
      expect(await readJournal(tenant.tenantId, run.runId)).toHaveLength(before.length);
      expect((await tenant.client.runs.get(run.threadId, run.runId)).status).toBe('running');
      expect((await post(run, 'pause', {})).body).toMatchObject({ status: 'paused' });
      expect(await post(run, 'resume')).toMatchObject({ status: 200, body: { status: 'running' } });
      expect((await post(run, 'resume')).status).toBe(200);
      await tenant.client.runs.join(run.threadId, run.runId);
      expect((await tenant.client.runs.get(run.threadId, run.runId)).status).toBe('success');
      expect((await typesOf(run)).filter((type) => type === 'run.paused.v1' || type === 'run.resumed.v1')).toEqual(['run.paused.v1', 'run.resumed.v1']);
    });

    it('cancels a run where it stands', async () => {
      const run = await working();
      expect((await post(run, 'pause', {})).status).toBe(200);
      await tenant.client.runs.cancel(run.threadId, run.runId, true);
      expect((await tenant.client.runs.get(run.threadId, run.runId)).status).toBe('interrupted');
      expect(await post(run, 'resume')).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
    });
  });

  it('retries from the step that failed, once, without repeating what was done', async () => {
    const run = await failed('429:1');
    await sleep(1_500);
    const answers = await Promise.all([post(run, 'retry'), post(run, 'retry')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const next = { ...run, runId: String(answers[0].body['run_id']) };
    expect(answers[1].body['run_id']).toBe(next.runId);
    expect(answers[0].body).toMatchObject({ metadata: { ticket: '7', retried_run_id: run.runId, operator: 'tester' } });
    await tenant.client.runs.join(next.threadId, next.runId);
    expect((await tenant.client.runs.get(next.threadId, next.runId)).status).toBe('success');
    expect(await said(run)).toEqual(['Echo: first', expect.stringContaining('holdfast-dev'), 'last']);
    expect(await typesOf(next)).not.toContain('tool.called.v1');
    expect((await post(run, 'retry')).body['run_id']).toBe(next.runId);
    expect(await post(run, 'skip', { values: null })).toMatchObject({ status: 409, body: { code: 'CONFLICT' } });
  });

  it('skips the step that failed with a result that a person gives', async () => {
    const run = await failed('fail:400');
    const { status, body } = await post(run, 'skip', { values: { said: ['given'] } });
    expect([status, body['metadata']]).toEqual([200, expect.objectContaining({ skipped_run_id: run.runId, operator: 'tester' })]);
    await tenant.client.runs.join(run.threadId, String(body['run_id']));
    expect(await said(run)).toEqual(['Echo: first', 'given', 'last']);
    expect((await post(run, 'skip', { values: { said: ['given'] } })).body['run_id']).toBe(body['run_id']);
    expect(await said(run)).toEqual(['Echo: first', 'given', 'last']);
  });

  it('is for operators, of their own runs, and for runs that are in that state', async () => {
    const run = await failed('fail:400');
    const nobody = await addPrincipal(tenant, 'reader');
    const stranger = await aTenant('operating-stranger');
    for (const [action, json] of [['pause', {}], ['resume'], ['retry'], ['skip', { values: null }]] as const) {
      const denied = await post(run, action, json, nobody);
      expect([action, denied.status, problemSchema.parse(denied.body).code]).toEqual([action, 403, 'PERMISSION_DENIED']);
      expect([action, (await post(run, action, json, stranger.apiKey)).status]).toEqual([action, 404]);
    }
    expect(await post(run, 'pause', {})).toMatchObject({ status: 409, body: { detail: expect.stringContaining('ended with status error') } });
    const good = await start('one-try', { question: 'Hello' });
    await tenant.client.runs.join(good.threadId, good.runId);
    for (const [action, json] of [['retry'], ['skip', { values: null }]] as const) {
      expect(await post(good, action, json)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('did not fail') } });
    }
  });
});
