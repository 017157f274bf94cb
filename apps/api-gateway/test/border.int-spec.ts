import pg from 'pg';
import { ApiClient } from './api-client';
import { PlayedWorker, env, makeTenant, startTestGateway, testConfig, type TestTenant } from './gateway-fixture';

// What is refused, and that nothing was written.

const ID = '01890000-0000-7000-8000-000000000001';

describe('the border of the gateway', () => {
  let gateway: Awaited<ReturnType<typeof startTestGateway>>;
  let tenant: TestTenant;
  let other: TestTenant;
  let api: ApiClient;
  let stranger: ApiClient;
  let worker: PlayedWorker;
  let graphId: string;
  let owner: pg.Client;

  beforeAll(async () => {
    worker = new PlayedWorker();
    [tenant, other, graphId] = await Promise.all([makeTenant(), makeTenant(), worker.registerGraph()]);
    gateway = await startTestGateway(testConfig({ DATABASE_URL: env('DATABASE_URL_GATEWAY'), NATS_URL: env('NATS_URL') }));
    api = new ApiClient(gateway.url, tenant.apiKey);
    stranger = new ApiClient(gateway.url, other.apiKey);
    owner = new pg.Client({ connectionString: env('DATABASE_URL_OWNER') });
    await owner.connect();
    await owner.query('SELECT set_config($1, $2, false)', ['app.tenant_id', tenant.tenantId]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([gateway.close(), worker.close(), owner.end()]);
  }, 30_000);

  async function rowsOfTenant(): Promise<number> {
    const { rows } = await owner.query<{ n: string }>(
      'SELECT (SELECT count(*) FROM executions.threads WHERE tenant_id = $1) + (SELECT count(*) FROM executions.runs WHERE tenant_id = $1) + (SELECT count(*) FROM executions.blobs WHERE tenant_id = $1) AS n',
      [tenant.tenantId],
    );
    return Number(rows[0]?.n);
  }

  it.each([
    ['malformed JSON', 'POST', '/threads', '{"metadata":', 400, 'MALFORMED_JSON', undefined],
    ['an unknown field', 'POST', '/threads', { metdata: {} }, 422, 'INVALID_ARGUMENT', 'metdata'],
    ['a wrong type', 'POST', '/threads', { metadata: 'x' }, 422, 'INVALID_ARGUMENT', 'metadata'],
    ['a thread id that is no UUID', 'POST', '/threads', { thread_id: 'x' }, 422, 'INVALID_ARGUMENT', 'thread_id'],
    ['a path id that is no UUID', 'GET', '/threads/x', undefined, 422, 'INVALID_ARGUMENT', 'thread_id'],
    ['U+0000', 'POST', '/threads', '{"metadata":{"a":["x","\\u0000"]}}', 422, 'INVALID_ARGUMENT', 'metadata.a.1'],
    ['a lone surrogate', 'POST', '/threads', '{"metadata":{"a":"\\udc00"}}', 422, 'INVALID_ARGUMENT', 'metadata.a'],
    ['deep nesting', 'POST', '/threads', `{"metadata":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_001)}`, 400, 'BODY_TOO_COMPLEX', undefined],
    ['a body over 4 MB', 'POST', '/threads', JSON.stringify({ metadata: { a: 'x'.repeat(4 * 1024 * 1024) } }), 413, 'BODY_TOO_LARGE', undefined],
    ['an unknown assistant', 'POST', `/threads/${ID}/runs`, { assistant_id: 'no-such-graph' }, 404, 'NOT_FOUND', 'assistant_id'],
    ['a batch with an unknown assistant behind a good one', 'POST', '/runs/batch', 'BATCH', 404, 'NOT_FOUND', '1.assistant_id'],
    ['a batch with an unsupported field behind a good one', 'POST', '/runs/batch', 'WEBHOOK', 422, 'NOT_SUPPORTED', '1.webhook'],
    ['an unknown graph', 'POST', '/assistants', { graph_id: 'no-such-graph' }, 404, 'GRAPH_UNKNOWN', 'graph_id'],
    ['a webhook', 'POST', '/runs', { assistant_id: 'x', webhook: 'https://example.org' }, 422, 'NOT_SUPPORTED', 'webhook'],
    ['a thread that is not there', 'POST', `/threads/${ID}/runs`, 'GRAPH', 404, 'NOT_FOUND', undefined],
    ['a sort that is none', 'POST', '/threads/search', { sort_by: 'thread_id; drop table' }, 422, 'INVALID_ARGUMENT', 'sort_by'],
    ['a page that is too large', 'POST', '/threads/search', { limit: 1001 }, 422, 'INVALID_ARGUMENT', 'limit'],
    ['a foreign event id', 'GET', `/threads/${ID}/runs/${ID}/stream`, undefined, 422, 'INVALID_ARGUMENT', 'Last-Event-ID'],
  ])('refuses %s and writes nothing', async (_, method, path, body, status, code, field) => {
    const before = await rowsOfTenant();
    const headers: Record<string, string> = field === 'Last-Event-ID' ? { 'last-event-id': 'from elsewhere' } : {};
    const good = { assistant_id: graphId };
    const named: Record<string, unknown> = { GRAPH: good, BATCH: [good, { assistant_id: 'no-such-graph' }], WEBHOOK: [good, { ...good, webhook: 'https://example.org' }] };
    const answer = await api.call(method, path, (typeof body === 'string' && named[body]) || body, headers);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String), request_id: expect.any(String) });
    if (field !== undefined) expect((answer.body['errors'] as { path: string }[]).map(({ path: p }) => p)).toContain(field);
    expect(await rowsOfTenant()).toBe(before);
  }, 20_000);

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml'])('takes no %s', async (type) => {
    expect((await api.call('POST', '/threads', '{}', { 'content-type': type })).status).toBe(415);
  });

  it('stores what looks like SQL as it is', async () => {
    const metadata = { q: "'; DROP TABLE executions.threads; --", 'k"\'': '$1', emoji: '👩‍👩‍👧' };
    const made = await api.call('POST', '/threads', { metadata });
    expect(made.body['metadata']).toEqual(metadata);
    expect((await api.call('POST', '/threads/count', { metadata: { q: metadata.q } })).body).toBe(1);
  });

  it('refuses a wrong key', async () => {
    const wrong = new ApiClient(gateway.url, `${tenant.apiKey.slice(0, -1)}${tenant.apiKey.endsWith('0') ? '1' : '0'}`);
    expect((await wrong.call('GET', `/threads/${ID}`)).status).toBe(401);
  });

  it('takes the key as bearer token', async () => {
    const response = await fetch(`${gateway.url}/threads/count`, { method: 'POST', body: '{}', headers: { authorization: `Bearer ${tenant.apiKey}`, 'content-type': 'application/json' } });
    expect(response.status).toBe(200);
  });

  it('shows nothing of another tenant, by the same answer as for nothing', async () => {
    const thread = (await api.call('POST', '/threads', {})).body['thread_id'] as string;
    const run = (await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId })).body['run_id'] as string;
    const assistant = (await api.call('POST', '/assistants', { graph_id: graphId })).body['assistant_id'] as string;
    const attempts: [string, string, unknown?][] = [
      ['GET', `/threads/${thread}`],
      ['PATCH', `/threads/${thread}`, { metadata: { x: 1 } }],
      ['DELETE', `/threads/${thread}`],
      ['POST', `/threads/${thread}/copy`],
      ['GET', `/threads/${thread}/state`],
      ['POST', `/threads/${thread}/state`, { values: {} }],
      ['POST', `/threads/${thread}/history`, {}],
      ['GET', `/threads/${thread}/runs`],
      ['POST', `/threads/${thread}/runs`, { assistant_id: graphId }],
      ['GET', `/threads/${thread}/runs/${run}`],
      ['DELETE', `/threads/${thread}/runs/${run}`],
      ['POST', `/threads/${thread}/runs/${run}/cancel`],
      ['GET', `/threads/${thread}/runs/${run}/join`],
      ['GET', `/threads/${thread}/runs/${run}/stream`],
      ['GET', `/runs/${run}/stream`],
      ['GET', `/assistants/${assistant}`],
      ['PATCH', `/assistants/${assistant}`, { name: 'mine' }],
      ['DELETE', `/assistants/${assistant}`],
      ['POST', `/runs`, { assistant_id: assistant }],
    ];
    const ids = new RegExp([thread, run, assistant].join('|'), 'g');
    for (const [method, path, body] of attempts) {
      const foreign = await stranger.call(method, path, body);
      const missing = await stranger.call(method, path.replace(ids, ID), body === undefined ? undefined : JSON.parse(JSON.stringify(body).replace(ids, ID)));
      const plain = (answer: typeof foreign): unknown => JSON.parse(JSON.stringify({ ...answer.body, trace_id: '', request_id: '' }).replace(ids, ID));
      expect([method, path, foreign.status]).toEqual([method, path, 404]);
      expect(plain(foreign)).toEqual(plain(missing));
    }
    expect((await api.call('GET', `/threads/${thread}/runs/${run}`)).body).toMatchObject({ status: 'pending' });
    expect((await stranger.call('POST', '/threads/search', {})).body).toEqual([]);
  }, 60_000);
});
