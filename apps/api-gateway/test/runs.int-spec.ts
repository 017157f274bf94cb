import { randomUUID } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { ApiClient } from './api-client';
import { CuttableLink, PlayedWorker, env, linkTo, makeTenant, startTestGateway, testConfig, through, type TestTenant } from './gateway-fixture';

type Gateway = Awaited<ReturnType<typeof startTestGateway>>;

// Runs are created in PostgreSQL first; Temporal may be away.

describe('creating runs while Temporal is away', () => {
  let gateway: Gateway;
  let database: CuttableLink;
  let tenant: TestTenant;
  let api: ApiClient;
  let worker: PlayedWorker;
  let graphId: string;

  beforeAll(async () => {
    worker = new PlayedWorker();
    database = linkTo(env('DATABASE_URL_GATEWAY'));
    await database.open();
    [tenant, graphId] = await Promise.all([makeTenant(), worker.registerGraph()]);
    gateway = await startTestGateway(testConfig({ DATABASE_URL: through(database, env('DATABASE_URL_GATEWAY')), NATS_URL: env('NATS_URL') }));
    api = new ApiClient(gateway.url, tenant.apiKey);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([gateway.close(), worker.close()]);
    await database.cut();
  }, 30_000);

  const newThread = async (): Promise<string> => (await api.call('POST', '/threads', {})).body['thread_id'] as string;

  it('accepts the run and says where it is', async () => {
    const thread = await newThread();
    const answer = await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId, input: { x: 1 }, metadata: { m: 1 } });
    expect(answer.status).toBe(200);
    const { run_id: runId } = answer.body as { run_id: string };
    expect(answer.body).toMatchObject({ thread_id: thread, status: 'pending', metadata: { m: 1 }, multitask_strategy: 'enqueue', kwargs: { input: { x: 1 } } });
    expect(answer.headers.get('content-location')).toBe(`/threads/${thread}/runs/${runId}`);
    expect(answer.headers.get('x-holdfast-workflow-id')).toBe(`t/${tenant.tenantId}/th/${thread}`);
    expect((await api.call('GET', `/threads/${thread}`)).body).toMatchObject({ status: 'busy', metadata: { graph_id: graphId } });
  });

  it('makes one run of a hundred requests with the same Idempotency-Key', async () => {
    const thread = await newThread();
    const key = randomUUID();
    const body = { assistant_id: graphId, input: { x: 1 } };
    const answers = await Promise.all(Array.from({ length: 100 }, () => api.call('POST', `/threads/${thread}/runs`, body, { 'idempotency-key': key })));
    expect(new Set(answers.map(({ body: { run_id: id } }) => id)).size).toBe(1);
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect((await api.call('GET', `/threads/${thread}/runs`)).body).toHaveLength(1);
    const reordered = await api.call('POST', `/threads/${thread}/runs`, { input: { x: 1 }, assistant_id: graphId }, { 'idempotency-key': key });
    expect(reordered.body['run_id']).toBe(answers[0]?.body['run_id']);
    const changed = await api.call('POST', `/threads/${thread}/runs`, { ...body, input: { x: 2 } }, { 'idempotency-key': key });
    expect([changed.status, changed.body['code']]).toEqual([422, 'IDEMPOTENCY_MISMATCH']);
  }, 60_000);

  it('keeps the keys of two tenants apart', async () => {
    const stranger = new ApiClient(gateway.url, (await makeTenant()).apiKey);
    const body = { assistant_id: graphId };
    const [mine, theirs] = await Promise.all([api.call('POST', '/runs', body, { 'idempotency-key': 'same' }), stranger.call('POST', '/runs', body, { 'idempotency-key': 'same' })]);
    expect(mine.status).toBe(200);
    expect(theirs.status).toBe(200);
    expect(theirs.body['run_id']).not.toBe(mine.body['run_id']);
  });

  it('takes a run id from the client, once', async () => {
    const thread = await newThread();
    const body = { assistant_id: graphId, run_id: randomUUID() };
    const first = await api.call('POST', `/threads/${thread}/runs`, body);
    const again = await api.call('POST', `/threads/${thread}/runs`, body);
    expect([first.body['run_id'], again.body['run_id']]).toEqual([body.run_id, body.run_id]);
    expect((await api.call('POST', `/threads/${thread}/runs`, { ...body, input: 1 })).status).toBe(409);
    expect((await api.call('GET', `/threads/${thread}/runs`)).body).toHaveLength(1);
  });

  it('refuses a second run with reject, queues it with enqueue', async () => {
    const thread = await newThread();
    const first = await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId });
    const rejected = await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId, multitask_strategy: 'reject' });
    expect([rejected.status, rejected.body['code'], rejected.body['run_id']]).toEqual([409, 'THREAD_BUSY', first.body['run_id']]);
    expect((await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId })).status).toBe(200);
    expect((await api.call('GET', `/threads/${thread}/runs?status=pending`)).body).toHaveLength(2);
    expect((await api.call('POST', `/threads/${thread}/state`, { values: {} })).status).toBe(409);
  });

  it.each([
    ['interrupt', 'interrupted'],
    ['rollback', undefined],
  ])('displaces a pending run with %s', async (strategy, status) => {
    const thread = await newThread();
    const first = await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId });
    await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId, multitask_strategy: strategy });
    const look = (): ReturnType<ApiClient['call']> => api.call('GET', `/threads/${thread}/runs/${String(first.body['run_id'])}`);
    for (let i = 0; i < 100 && (await look()).body['status'] === 'pending'; i += 1) await new Promise((done) => setTimeout(done, 50));
    expect((await look()).body['status']).toBe(status ?? 404); // a problem document carries its status
  }, 20_000);

  it('ends a pending run without Temporal', async () => {
    const thread = await newThread();
    const { run_id: runId } = (await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId })).body as { run_id: string };
    expect((await api.call('POST', `/threads/${thread}/runs/${runId}/cancel?wait=1`)).status).toBe(204);
    expect((await api.call('GET', `/threads/${thread}/runs/${runId}`)).body).toMatchObject({ status: 'interrupted' });
    expect((await api.call('GET', `/threads/${thread}`)).body).toMatchObject({ status: 'idle' });
    expect((await api.call('POST', `/threads/${thread}/runs/${runId}/cancel`)).status).toBe(202);
    expect((await api.call('DELETE', `/threads/${thread}/runs/${runId}`)).status).toBe(204);
  });

  it('keeps a long input out of the row and shows it whole', async () => {
    const thread = await newThread();
    const content = 'long '.repeat(2_000);
    const { body } = await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId, input: { messages: [{ type: 'human', content }] } });
    expect(body).toMatchObject({ kwargs: { input: { messages: [{ type: 'human', content }] } } });
    const begun = await worker.begin({ tenantId: tenant.tenantId, threadId: thread, runId: body['run_id'] as string });
    expect(begun.reply.kind).toBe('go');
    expect(JSON.stringify(begun.reply).length).toBeLessThan(2_000);
  });

  it('answers 503 with Retry-After while PostgreSQL is away, and works again after', async () => {
    const thread = await newThread();
    await database.cut();
    const answer = await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId });
    expect([answer.status, answer.body['code']]).toEqual([503, 'DEPENDENCY_UNAVAILABLE']);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    await database.open();
    expect((await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId })).status).toBe(200);
  }, 40_000);
});

describe('delivery', () => {
  let worker: PlayedWorker;
  let tenant: TestTenant;
  let graphId: string;
  let temporal: Connection;
  const settings = { DATABASE_URL: '', NATS_URL: '', TEMPORAL_NAMESPACE: '' };

  beforeAll(async () => {
    worker = new PlayedWorker();
    [tenant, graphId, temporal] = await Promise.all([makeTenant(), worker.registerGraph(), Connection.connect({ address: env('TEMPORAL_ADDRESS') })]);
    Object.assign(settings, { DATABASE_URL: env('DATABASE_URL_GATEWAY'), NATS_URL: env('NATS_URL'), TEMPORAL_NAMESPACE: env('TEMPORAL_NAMESPACE') });
  }, 60_000);
  afterAll(async () => {
    await Promise.all([worker.close(), temporal.close()]);
  });

  /** Deliveries of the run in the history of its thread's workflow: in its input, or by Update. */
  async function deliveriesOf(threadId: string, runId: string): Promise<number> {
    const request = { namespace: env('TEMPORAL_NAMESPACE'), execution: { workflowId: `t/${tenant.tenantId}/th/${threadId}` } };
    const history = await temporal.workflowService.getWorkflowExecutionHistory(request).catch(() => undefined);
    const payloads = (history?.history?.events ?? []).flatMap((event) => [
      ...(event.workflowExecutionStartedEventAttributes?.input?.payloads ?? []),
      ...(event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.args?.payloads ?? []),
    ]);
    return payloads.filter(({ data }) => Buffer.from(data ?? []).includes(runId)).length;
  }

  async function within(timeoutMs: number, holds: () => Promise<boolean>): Promise<boolean> {
    for (const limit = Date.now() + timeoutMs; Date.now() < limit; ) {
      if (await holds()) return true;
      await new Promise((done) => setTimeout(done, 100));
    }
    return false;
  }

  it('happens at once, in the background', async () => {
    const gateway = await startTestGateway(testConfig({ ...settings, TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS') }));
    try {
      await within(15_000, async () => (await fetch(`${gateway.url}/readyz`)).ok);
      const api = new ApiClient(gateway.url, tenant.apiKey);
      const { thread_id: threadId, run_id: runId } = (await api.call('POST', '/runs', { assistant_id: graphId })).body as { thread_id: string; run_id: string };
      expect(await within(5_000, async () => (await deliveriesOf(threadId, runId)) === 1)).toBe(true);
    } finally {
      await gateway.close();
    }
  }, 60_000);

  it('is made up for by the sweep of another gateway when the first one died after the commit, once', async () => {
    const dying = await startTestGateway(testConfig({ ...settings, SWEEP_INTERVAL_MS: 60_000 }));
    const api = new ApiClient(dying.url, tenant.apiKey);
    const { thread_id: threadId, run_id: runId } = (await api.call('POST', '/runs', { assistant_id: graphId })).body as { thread_id: string; run_id: string };
    await dying.close();
    expect(await deliveriesOf(threadId, runId)).toBe(0);

    const sweepers = await Promise.all([1, 2].map(() => startTestGateway(testConfig({ ...settings, TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS') }))));
    try {
      expect(await within(10_000, async () => (await deliveriesOf(threadId, runId)) > 0)).toBe(true);
      await new Promise((done) => setTimeout(done, 3_000));
      expect(await deliveriesOf(threadId, runId)).toBe(1);
    } finally {
      await Promise.all(sweepers.map((gateway) => gateway.close()));
    }
  }, 90_000);

  it('waits for after_seconds', async () => {
    const gateway = await startTestGateway(testConfig({ ...settings, TEMPORAL_ADDRESS: env('TEMPORAL_ADDRESS') }));
    try {
      const api = new ApiClient(gateway.url, tenant.apiKey);
      await within(15_000, async () => (await fetch(`${gateway.url}/readyz`)).ok);
      const { thread_id: threadId, run_id: runId } = (await api.call('POST', '/runs', { assistant_id: graphId, after_seconds: 3 })).body as { thread_id: string; run_id: string };
      await new Promise((done) => setTimeout(done, 1_500));
      expect(await deliveriesOf(threadId, runId)).toBe(0);
      expect(await within(12_000, async () => (await deliveriesOf(threadId, runId)) === 1)).toBe(true);
    } finally {
      await gateway.close();
    }
  }, 60_000);
});
