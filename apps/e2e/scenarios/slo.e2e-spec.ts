import { setTimeout as sleep } from 'node:timers/promises';
import { stack } from '../src/config';
import { readJournal } from '../src/database';
import { send } from '../src/http';
import { killHard, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

const GOOD = 'three-calls';
const AGENT = 'plan-execute-review';

interface Summary {
  readonly count: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
}
interface Bucket {
  readonly graph_id: string;
  readonly build_id: string;
  readonly start: Summary | null;
  readonly first_token: Summary | null;
  readonly step: Summary | null;
  readonly runs: Readonly<Record<string, number>>;
  readonly success_rate: number | null;
  readonly recovery: { readonly met: number; readonly recovered: number };
}
interface Report {
  readonly objectives: readonly { readonly indicator: string; readonly good: number; readonly total: number }[];
  readonly buckets: readonly Bucket[];
}

/** Sums of a metric over builds and tenants, by graph and outcome. */
async function metric(name: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${stack.url}/metrics`)).text();
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const match = new RegExp(`^${name}\\{(.*)\\} (\\S+)$`).exec(line);
    if (match === null) continue;
    const labels = Object.fromEntries([...match[1]!.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]));
    const key = `${labels['graph']} ${labels['outcome'] ?? ''}`.trim();
    sums.set(key, (sums.get(key) ?? 0) + Number(match[2]));
  }
  return sums;
}

const ask = (content: string): Record<string, unknown> => ({ messages: [{ role: 'user', content }] });

describe('service levels of agents', () => {
  let tenant: TestTenant;
  beforeEach(async () => {
    tenant = await aTenant('slo');
  });

  const report = async (query = ''): Promise<Report> => {
    const { text } = await send({ method: 'GET', path: `/analytics/slo?bucket_seconds=86400${query}`, apiKey: tenant.apiKey });
    return JSON.parse(text) as Report;
  };
  const counted = async (): Promise<number> => (await report()).buckets.flatMap(({ runs }) => Object.values(runs)).reduce((sum, n) => sum + n, 0);

  it('are the same in the report and in the metrics, for runs that end well and runs that do not', async () => {
    const { client } = tenant;
    // What other scenarios have left must be counted before.
    let last = '';
    const standsStill = async (): Promise<boolean> => {
      const now = JSON.stringify([...(await metric('holdfast_runs_ended_total'))]);
      const same = now === last;
      last = now;
      return same;
    };
    await waitUntil('the metrics stand still', standsStill, { timeoutMs: 180_000, everyMs: 20_000 });
    const before = await metric('holdfast_runs_ended_total');

    for (let i = 0; i < 4; i += 1) await client.runs.wait(null, GOOD, { input: { input: `n${i}` } });
    await client.runs.wait(null, AGENT, { input: ask('What is 40 plus 2?') });
    for (let i = 0; i < 2; i += 1) await client.runs.wait(null, AGENT, { input: ask(`What is ${i} plus 2? fail:400`), raiseError: false });

    await waitUntil('the rollup', async () => (await counted()) === 7, { timeoutMs: 60_000 });
    const { objectives, buckets } = await report();
    const of = (graphId: string): Bucket => {
      const found = buckets.filter((bucket) => bucket.graph_id === graphId);
      expect(found).toHaveLength(1);
      return found[0]!;
    };
    expect(of(GOOD).runs).toMatchObject({ completed: 4, failed_model: 0 });
    expect(of(GOOD)).toMatchObject({ success_rate: 1, start: { count: 4 }, step: { count: 12 } });
    expect(of(AGENT).runs).toMatchObject({ completed: 1, failed_model: 2 });
    expect(of(AGENT)).toMatchObject({ start: { count: 3 }, first_token: { count: 1 } });
    expect(of(AGENT).build_id).toMatch(/^[0-9a-f]{8,}/);
    expect(of(AGENT).first_token!.p50_ms).toBeGreaterThan(0);
    expect(objectives.find(({ indicator }) => indicator === 'success')).toMatchObject({ good: 5, total: 7 });
    expect((await report(`&graph_id=${GOOD}`)).objectives[0]).toMatchObject({ good: 4, total: 4 });

    const grown = async (graph: string, outcome: string): Promise<number> => {
      const now = await metric('holdfast_runs_ended_total');
      return (now.get(`${graph} ${outcome}`) ?? 0) - (before.get(`${graph} ${outcome}`) ?? 0);
    };
    await waitUntil('the metrics', async () => (await grown(GOOD, 'completed')) === 4, { timeoutMs: 30_000 });
    expect(await Promise.all([grown(AGENT, 'completed'), grown(AGENT, 'failed_model'), grown(GOOD, 'failed_model')])).toEqual([1, 2, 0]);
  }, 300_000);

  it('tell of a run that lost its worker in the middle of a model call and went on', async () => {
    const { client, tenantId } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const { run_id: runId } = await client.runs.create(threadId, AGENT, { input: ask('What is 40 plus 2? slow:3000') });
    await waitUntil('the run has begun', async () => (await readJournal(tenantId, runId)).some(({ type }) => type === 'run.started.v1'));
    await sleep(1_500);
    await untilBack('worker', killHard('worker'));
    await client.runs.join(threadId, runId);
    await waitUntil('the rollup', async () => (await counted()) === 1, { timeoutMs: 60_000 });
    const { objectives, buckets } = await report();
    // it may have begun in the minute before
    const ended = buckets.filter(({ runs }) => runs['completed'] !== 0);
    expect(ended.map(({ runs, recovery }) => [runs['completed'], recovery])).toEqual([[1, { met: 1, recovered: 1 }]]);
    expect(objectives.find(({ indicator }) => indicator === 'recovery')).toMatchObject({ good: 1, total: 1 });
  }, 240_000);
});
