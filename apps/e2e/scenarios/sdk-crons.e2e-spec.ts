import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { problemFrom, problemOf, send } from '../src/http';
import { asking } from '../src/pattern-runs';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

const AGENT = 'three-calls';
const EVERY_SECOND = '* * * * * * *';
const NEVER_SOON = '0 8 1 1 *';
const INPUT = { input: 'by the clock' };

const cronSchema = z.looseObject({
  cron_id: z.string(),
  thread_id: z.string().nullable(),
  enabled: z.boolean(),
  next_run_date: z.string().nullable(),
  problem: z.string().nullable(),
  next_run_dates: z.array(z.string()).optional(),
});
type SeenCron = z.infer<typeof cronSchema>;

describe('crons', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('crons');
  });
  afterAll(() => untilAllReady());

  /** The SDK's types say Run where a cron is answered. */
  const seen = (answer: unknown): SeenCron => cronSchema.parse(answer);
  const get = async (cronId: string): Promise<SeenCron> => seen(JSON.parse((await send({ method: 'GET', path: `/runs/crons/${cronId}`, apiKey: tenant.apiKey })).text));
  const backfill = (cronId: string, start: string, end: string) =>
    send({ method: 'POST', path: `/runs/crons/${cronId}/backfill`, apiKey: tenant.apiKey, json: { start_time: start, end_time: end } });
  const runsOn = (threadId: string) => tenant.client.runs.list(threadId, { limit: 100 });
  const momentsOf = async (threadId: string): Promise<string[]> => (await runsOn(threadId)).map(({ metadata }) => String((metadata as Record<string, unknown>)['cron_moment'])).sort();
  const aThread = async (): Promise<string> => (await tenant.client.threads.create()).thread_id;

  it('run an assistant on a thread, each moment once, until they are switched off', async () => {
    const { client } = tenant;
    const threadId = await aThread();
    const cron = seen(await client.crons.createForThread(threadId, AGENT, { schedule: EVERY_SECOND, input: INPUT, metadata: { of: 'mine' } }));
    expect(cron).toMatchObject({ thread_id: threadId, enabled: true, user_id: 'tester', metadata: { of: 'mine' }, payload: { input: INPUT } });
    expect(new Date(cron.next_run_date ?? 0).getTime()).toBeGreaterThan(Date.now() - 5_000);
    await waitUntil('three moments have passed', async () => (await runsOn(threadId)).length >= 3, { timeoutMs: 30_000 });
    const off = seen(await client.crons.update(cron.cron_id, { enabled: false }));
    expect(off).toMatchObject({ enabled: false, next_run_date: null });
    await sleep(4_000);
    const runs = await runsOn(threadId);
    expect(runs[0]?.metadata).toMatchObject({ of: 'mine', cron_id: cron.cron_id });
    const moments = await momentsOf(threadId);
    expect(new Set(moments).size).toBe(moments.length);
    await sleep(3_000);
    expect(await momentsOf(threadId)).toEqual(moments);
    await client.runs.join(threadId, runs[0]?.run_id ?? '');
    expect(await client.threads.getState(threadId)).toMatchObject({ values: { input: 'by the clock' } });
    await client.crons.delete(cron.cron_id);
  }, 90_000);

  it('survive kill -9 of worker, gateway and Temporal: each moment has one run', async () => {
    const threadId = await aThread();
    const cron = seen(await tenant.client.crons.createForThread(threadId, AGENT, { schedule: '*/2 * * * * * *', input: INPUT }));
    await waitUntil('it runs', async () => (await runsOn(threadId)).length > 0, { timeoutMs: 30_000 });
    const killed = { worker: killHard('worker'), gateway: killHard('api-gateway'), temporal: killHard('temporal') };
    await Promise.all([untilBack('worker', killed.worker), untilBack('api-gateway', killed.gateway), untilBack('temporal', killed.temporal)]);
    const before = await momentsOf(threadId);
    const stepsOf = (moments: readonly string[]) => moments.slice(1).map((moment, i) => new Date(moment).getTime() - new Date(moments[i] ?? 0).getTime());
    // None left out: what passed while all were down is caught up with; and none twice.
    await waitUntil('it goes on without a gap', async () => {
      const moments = await momentsOf(threadId);
      return moments.length > before.length + 5 && Math.max(...stepsOf(moments)) === 2_000;
    }, { timeoutMs: 90_000, everyMs: 1_000 });
    await tenant.client.crons.delete(cron.cron_id);
    expect(Math.min(...stepsOf(await momentsOf(threadId)))).toBe(2_000);
  }, 180_000);

  it('give each run a thread of its own without one', async () => {
    const marker = randomUUID();
    const { cron_id: cronId } = seen(await tenant.client.crons.create(AGENT, { schedule: EVERY_SECOND, input: { input: marker }, onRunCompleted: 'keep' }));
    const find = () => tenant.client.threads.search({ values: { input: marker }, limit: 100 });
    await waitUntil('there are two threads', async () => (await find()).length >= 2, { timeoutMs: 30_000 });
    await tenant.client.crons.delete(cronId);
    for (const { thread_id: threadId } of await find()) expect(await runsOn(threadId)).toHaveLength(1);
  }, 60_000);

  it('skip moments while a run is active, when asked', async () => {
    const threadId = await aThread();
    const json = { assistant_id: 'react', schedule: EVERY_SECOND, input: asking('echo hello slow:1500'), overlap: 'skip' };
    const made = await send({ method: 'POST', path: `/threads/${threadId}/runs/crons`, apiKey: tenant.apiKey, json });
    const { cron_id: cronId } = seen(JSON.parse(made.text));
    await waitUntil('three runs are made', async () => (await runsOn(threadId)).length >= 3, { timeoutMs: 60_000 });
    await tenant.client.crons.delete(cronId);
    const [last, ...before] = await runsOn(threadId);
    await tenant.client.runs.join(threadId, last?.run_id ?? '');
    for (const [i, run] of before.entries()) {
      const next = i === 0 ? last : before[i - 1];
      expect(new Date(next?.created_at ?? 0).getTime()).toBeGreaterThanOrEqual(new Date(run.updated_at).getTime());
    }
  }, 90_000);

  it('tell their next moments in their time zone, summer time among it', async () => {
    const cron = seen(await tenant.client.crons.create(AGENT, { schedule: '30 9 * * *', timezone: 'Europe/Berlin', input: INPUT }));
    const { next_run_dates: dates = [] } = await get(cron.cron_id);
    expect(dates.length).toBeGreaterThan(2);
    const local = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' });
    expect(new Set(dates.map((date) => local.format(new Date(date))))).toEqual(new Set(['09:30']));
    const changed = seen(await tenant.client.crons.update(cron.cron_id, { timezone: 'America/New_York', endTime: '2001-01-01T00:00:00Z' }));
    expect(changed).toMatchObject({ timezone: 'America/New_York', next_run_date: null });
  });

  it('make the runs of moments that have passed, each once', async () => {
    const threadId = await aThread();
    const cron = seen(await tenant.client.crons.createForThread(threadId, AGENT, { schedule: '0 6 * * *', input: INPUT }));
    const span = ['2026-01-01T00:00:00Z', '2026-01-04T00:00:00Z'] as const;
    const expected = ['2026-01-01T06:00:00.000Z', '2026-01-02T06:00:00.000Z', '2026-01-03T06:00:00.000Z'];
    expect((await backfill(cron.cron_id, ...span)).status).toBe(204);
    await waitUntil('the runs are there', async () => (await runsOn(threadId)).length === 3, { timeoutMs: 30_000 });
    expect((await backfill(cron.cron_id, ...span)).status).toBe(204);
    await sleep(5_000);
    expect(await momentsOf(threadId)).toEqual(expected);
    expect(problemOf(await backfill(cron.cron_id, '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'))).toMatchObject({ status: 422, errors: [{ path: 'end_time' }] });
  }, 60_000);

  it('are found, counted and deleted', async () => {
    const { client } = tenant;
    const marker = randomUUID();
    const threadId = await aThread();
    const [first, second] = [
      seen(await client.crons.create(AGENT, { schedule: NEVER_SOON, metadata: { marker } })),
      seen(await client.crons.createForThread(threadId, AGENT, { schedule: NEVER_SOON, metadata: { marker }, enabled: false })),
    ];
    const idsOf = (found: readonly { cron_id: string }[]) => found.map(({ cron_id }) => cron_id);
    expect(idsOf(await client.crons.search({ metadata: { marker }, sortBy: 'created_at', sortOrder: 'asc' }))).toEqual([first.cron_id, second.cron_id]);
    expect(idsOf(await client.crons.search({ threadId }))).toEqual([second.cron_id]);
    expect(idsOf(await client.crons.search({ metadata: { marker }, enabled: false }))).toEqual([second.cron_id]);
    expect(await client.crons.search({ metadata: { marker }, select: ['schedule'], limit: 1 })).toEqual([{ schedule: NEVER_SOON }]);
    expect(await client.crons.count({ metadata: { marker } })).toBe(2);
    await client.crons.delete(first.cron_id);
    expect(await client.crons.count({ metadata: { marker } })).toBe(1);
    expect(await problemFrom(client.crons.delete(first.cron_id))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    const other = await aTenant('crons-other');
    expect(await problemFrom(other.client.crons.update(second.cron_id, { enabled: true }))).toMatchObject({ status: 404 });
    expect(await other.client.crons.search({})).toEqual([]);
  });

  it('are refused when they cannot be read, and leave nothing', async () => {
    const { client } = tenant;
    const count = await client.crons.count({});
    for (const schedule of ['every now and then', '61 * * * *', '* * *']) {
      expect(await problemFrom(client.crons.create(AGENT, { schedule }))).toMatchObject({ status: 422, errors: [{ path: 'schedule' }] });
    }
    expect(await problemFrom(client.crons.create(AGENT, { schedule: NEVER_SOON, timezone: 'Europe/Nowhere' }))).toMatchObject({ status: 422, errors: [{ path: 'timezone' }] });
    expect(await problemFrom(client.crons.create('no-such-graph', { schedule: NEVER_SOON }))).toMatchObject({ status: 404 });
    expect(await problemFrom(client.crons.create(AGENT, { schedule: NEVER_SOON, webhook: 'http://x' }))).toMatchObject({ code: 'NOT_SUPPORTED' });
    expect(await client.crons.count({})).toBe(count);
    const cron = seen(await client.crons.create(AGENT, { schedule: NEVER_SOON }));
    for (const schedule of ['never', 'not ever', '@every 10ms']) {
      expect(await problemFrom(client.crons.update(cron.cron_id, { schedule }))).toMatchObject({ status: 422, errors: [{ path: 'schedule' }] });
    }
    await sleep(3_000);
    expect(await get(cron.cron_id)).toMatchObject({ schedule: NEVER_SOON, enabled: true, problem: null });
  });

  it('switch themselves off when their thread is gone', async () => {
    const threadId = await aThread();
    const cron = seen(await tenant.client.crons.createForThread(threadId, AGENT, { schedule: EVERY_SECOND, input: INPUT }));
    await tenant.client.threads.delete(threadId);
    const off = await waitUntil('it is off', async () => {
      const now = await get(cron.cron_id);
      return !now.enabled && now;
    }, { timeoutMs: 30_000 });
    expect(off.problem).toContain('gone');
  }, 60_000);
});
