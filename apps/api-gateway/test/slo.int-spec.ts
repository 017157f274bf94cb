import { randomUUID } from 'node:crypto';
import { eventually } from '@holdfast/testing';
import { ApiClient } from './api-client';
import { PlayedWorker, env, makeTenant, startTestGateway, testConfig, type TestTenant } from './gateway-fixture';

interface Report {
  readonly objectives: readonly { readonly indicator: string; readonly good: number; readonly total: number; readonly budget_left: number | null }[];
  readonly buckets: readonly {
    readonly graph_id: string;
    readonly build_id: string | null;
    readonly start: { readonly count: number } | null;
    readonly step: unknown;
    readonly runs: Readonly<Record<string, number>>;
    readonly success_rate: number | null;
  }[];
}

// A worker is played; rollups, Redis and PostgreSQL are real.
describe('service levels', () => {
  let gateway: Awaited<ReturnType<typeof startTestGateway>>;
  let worker: PlayedWorker;
  let graphId: string;
  let [named, other]: TestTenant[] = [];
  let api: ApiClient;

  beforeAll(async () => {
    worker = new PlayedWorker();
    [named, other, graphId] = await Promise.all([makeTenant(), makeTenant(), worker.registerGraph()]);
    gateway = await startTestGateway(
      testConfig({
        DATABASE_URL: env('DATABASE_URL_GATEWAY'),
        NATS_URL: env('NATS_URL'),
        REDIS_URL: env('REDIS_URL'),
        SLO_QUEUE_PREFIX: `slo-test-${randomUUID()}`,
        SLO_TENANTS: [named!.tenantId],
      }),
    );
    api = new ApiClient(gateway.url, named!.apiKey);
  }, 60_000);
  afterAll(async () => {
    await gateway.close();
    await worker.close();
  }, 30_000);

  async function play(tenant: TestTenant, end: 'success' | 'model'): Promise<void> {
    const client = new ApiClient(gateway.url, tenant.apiKey);
    const { body: thread } = await client.call('POST', '/threads', {});
    const threadId = String(thread['thread_id']);
    const { body: run } = await client.call('POST', `/threads/${threadId}/runs`, { assistant_id: graphId, input: {} });
    const ref = { tenantId: tenant.tenantId, threadId, runId: String(run['run_id']) };
    await worker.begin(ref);
    const error = { code: 'MODEL_REJECTED', message: 'no', kind: 'model' as const };
    await worker.journal.commitProgress(
      { tenantId: tenant.tenantId },
      { ...ref, commit: 1, events: [], checkpoints: [], end: end === 'success' ? { status: 'success', steps: 0 } : { status: 'error', steps: 0, error } },
    );
  }

  const report = async (client: ApiClient): Promise<Report> => (await client.call('GET', `/analytics/slo?graph_id=${graphId}`)).body as unknown as Report;
  /** The metric's lines of the graph: labels to value. */
  const metrics = async (name: string): Promise<Map<string, number>> => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) && line.includes(graphId));
    return new Map(lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
  };

  it('come from the journal to the report and to the metrics, by tenant', async () => {
    await play(other!, 'success');
    await play(named!, 'success');
    await play(named!, 'success');
    // The last: what it waits for has everything before it in it.
    await play(named!, 'model');
    await eventually('the rollup', async () => (await report(api)).objectives[0]?.total === 3, 20_000);
    const { objectives, buckets } = await report(api);
    expect(objectives[0]).toMatchObject({ indicator: 'success', good: 2, total: 3 });
    // A third is bad where a hundredth may be.
    expect(objectives[0]?.budget_left).toBeCloseTo(1 - 100 / 3);
    expect(objectives.find(({ indicator }) => indicator === 'first_token')).toMatchObject({ total: 0, budget_left: null });
    expect(buckets.every((bucket) => bucket.graph_id === graphId && bucket.build_id === 'test' && bucket.step === null)).toBe(true);
    expect(buckets.reduce((sum, { start }) => sum + (start?.count ?? 0), 0)).toBe(3);

    const label = (tenant: string, outcome: string): string => `{graph="${graphId}",build="test",tenant="${tenant}",outcome="${outcome}"}`;
    await eventually('the metrics', async () => (await metrics('holdfast_runs_ended_total')).get(label(named!.tenantId, 'failed_model')) === 1, 20_000);
    const ended = await metrics('holdfast_runs_ended_total');
    expect(ended.get(label(named!.tenantId, 'completed'))).toBe(2);
    expect(ended.get(label('other', 'completed'))).toBe(1);
    expect([...ended.keys()].some((labels) => labels.includes(other!.tenantId))).toBe(false);
    const starts = await metrics('holdfast_run_start_seconds_bucket');
    expect(starts.get(`{graph="${graphId}",build="test",tenant="${named!.tenantId}",le="+Inf"}`)).toBe(3);
  }, 60_000);

  it('are a tenant’s own', async () => {
    expect((await report(new ApiClient(gateway.url, other!.apiKey))).objectives[0]).toMatchObject({ good: 1, total: 1 });
  });

  it('are refused for a window that nobody can show', async () => {
    const refusal = async (query: string): Promise<unknown[]> => {
      const { status, body } = await api.call('GET', `/analytics/slo?${query}`);
      return [status, body['code'], (body['errors'] as { path: string }[])[0]?.path];
    };
    expect(await refusal('from=2026-01-01T00:00:00Z&to=2026-11-01T00:00:00Z')).toEqual([422, 'INVALID_ARGUMENT', 'from']);
    expect(await refusal('from=yesterday')).toEqual([422, 'INVALID_ARGUMENT', 'from']);
    expect(await refusal('bucket_seconds=301')).toEqual([422, 'INVALID_ARGUMENT', 'bucket_seconds']);
  });
});
