import { randomUUID } from 'node:crypto';
import { NatsLink, NoticeBus } from '@holdfast/event-bus';
import { ApiClient, EventCollector, type SeenEvent } from './api-client';
import { PlayedWorker, env, makeTenant, startTestGateway, testConfig, type TestTenant } from './gateway-fixture';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

// A worker is played: it writes the journal and publishes notices; the gateway shows them.
describe('a thread’s stream', () => {
  let gateway: Awaited<ReturnType<typeof startTestGateway>>;
  let tenant: TestTenant;
  let api: ApiClient;
  let worker: PlayedWorker;
  let graphId: string;
  let link: NatsLink;
  let notices: NoticeBus;
  const viewers = new AbortController();

  beforeAll(async () => {
    worker = new PlayedWorker();
    [tenant, graphId] = await Promise.all([makeTenant(), worker.registerGraph()]);
    gateway = await startTestGateway(testConfig({ DATABASE_URL: env('DATABASE_URL_GATEWAY'), NATS_URL: env('NATS_URL') }));
    api = new ApiClient(gateway.url, tenant.apiKey);
    link = new NatsLink({ url: env('NATS_URL'), clientName: 'played-worker', log: silent });
    link.start();
    await link.whenUp(AbortSignal.timeout(10_000));
    notices = new NoticeBus(link);
  }, 60_000);
  afterAll(async () => {
    viewers.abort();
    await gateway.close();
    notices.close();
    await Promise.all([worker.close(), link.stop()]);
  }, 30_000);

  const aThread = async (): Promise<string> => String((await api.call('POST', '/threads', {})).body['thread_id']);
  const aRun = async (threadId: string, more: object = {}): Promise<string> =>
    String((await api.call('POST', `/threads/${threadId}/runs`, { assistant_id: graphId, input: {}, stream_mode: 'updates', ...more })).body['run_id']);
  const steps = new Map<string, number>();

  async function commit(threadId: string, runId: string, end?: object): Promise<void> {
    const n = (steps.get(runId) ?? 0) + 1;
    steps.set(runId, n);
    const frames = [{ ns: [], mode: 'updates' as const, data: { node: { n } } }];
    const { notice } = await worker.journal.commitProgress(
      { tenantId: tenant.tenantId },
      {
        tenantId: tenant.tenantId, threadId, runId, commit: n, checkpoints: [],
        events: [{ type: 'run.step-completed.v1', data: { step: n, checkpoint_id: randomUUID(), parent_checkpoint_id: null, frames } }],
        ...(end === undefined ? {} : { end: { status: 'success', steps: n } }),
      },
    );
    if (notice !== null) notices.publish(tenant.tenantId, runId, { seq: notice.seq, status: notice.status });
  }

  /** Plays a run of two steps to its end. */
  async function play(threadId: string, runId: string): Promise<void> {
    await worker.begin({ tenantId: tenant.tenantId, threadId, runId });
    await commit(threadId, runId);
    await commit(threadId, runId, {});
  }

  async function join(threadId: string, from?: string, query = ''): Promise<EventCollector> {
    const headers: Record<string, string> = from === undefined ? {} : { 'last-event-id': from };
    const response = await api.open('GET', `/threads/${threadId}/stream${query}`, undefined, headers, viewers.signal);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8']);
    return new EventCollector(response);
  }

  const shown = (events: readonly SeenEvent[]): unknown[] =>
    events.map(({ event, data }) => [event, event === 'updates' ? (data as { node: { n: number } }).node.n : (data as { run_id: string }).run_id]);
  const wholeRun = (runId: string): unknown[] => [['metadata', runId], ['updates', 1], ['updates', 2], ['run_done', runId]];

  it('shows runs one after the other and stays open between them', async () => {
    const threadId = await aThread();
    // The head comes at once, though nothing happens yet and the next heartbeat is far.
    const began = performance.now();
    const seen = await join(threadId);
    expect(performance.now() - began).toBeLessThan(2_000);
    const first = await aRun(threadId);
    // Woken by the notice of the thread, not by its own look.
    await seen.until((events) => events.length === 1, 900);
    await play(threadId, first);
    await seen.until((events) => events.length === 4, 5_000);
    const second = await aRun(threadId);
    await play(threadId, second);
    await seen.until((events) => events.length === 8, 15_000);
    expect(shown(seen.events)).toEqual([...wholeRun(first), ...wholeRun(second)]);
    expect(seen.events.at(-1)?.data).toEqual({ run_id: second, thread_id: threadId, status: 'success' });
    expect(new Set(seen.events.map(({ id }) => id)).size).toBe(8);
  }, 60_000);

  it('goes on behind any event, within a run and between runs', async () => {
    const threadId = await aThread();
    const runs = [await aRun(threadId), await aRun(threadId), await aRun(threadId)];
    for (const runId of runs) await play(threadId, runId);
    const whole = await join(threadId, '-');
    await whole.until((events) => events.length === 12);
    expect(shown(whole.events)).toEqual(runs.flatMap(wholeRun));
    for (const [index, { id }] of whole.events.slice(0, -1).entries()) {
      const again = await join(threadId, id);
      await again.until((events) => events.length >= 11 - index);
      expect(again.events).toEqual(whole.events.slice(index + 1));
    }
  }, 60_000);

  it('begins with the run that is under way, and not with those that have ended', async () => {
    const threadId = await aThread();
    const [ended, open] = [await aRun(threadId), await aRun(threadId)];
    await play(threadId, ended);
    await worker.begin({ tenantId: tenant.tenantId, threadId, runId: open });
    await commit(threadId, open);
    const seen = await join(threadId);
    await seen.until((events) => events.length === 2);
    await commit(threadId, open, {});
    await seen.until((events) => events.length === 4);
    expect(shown(seen.events)).toEqual(wholeRun(open));
  }, 60_000);

  it('does not wait for a delayed run when another comes before it', async () => {
    const threadId = await aThread();
    await aRun(threadId, { after_seconds: 60 });
    const seen = await join(threadId);
    const now = await aRun(threadId);
    await play(threadId, now);
    await seen.until((events) => events.length === 4, 15_000);
    expect(shown(seen.events)).toEqual(wholeRun(now));
  }, 60_000);

  it('of the lifecycle is begin and end', async () => {
    const threadId = await aThread();
    const runId = await aRun(threadId);
    await play(threadId, runId);
    const seen = await join(threadId, '-', '?stream_modes=lifecycle');
    await seen.until((events) => events.length === 2);
    expect(shown(seen.events)).toEqual([['metadata', runId], ['run_done', runId]]);
  }, 60_000);

  it('goes on after a run that was deleted, and ends with its thread', async () => {
    const threadId = await aThread();
    const [gone, next] = [await aRun(threadId), await aRun(threadId)];
    const seen = await join(threadId);
    await play(threadId, gone);
    await seen.until((events) => events.length >= 4);
    const { id } = seen.events[3]!;
    await api.call('DELETE', `/threads/${threadId}/runs/${gone}`);
    const again = await join(threadId, id);
    await play(threadId, next);
    for (const viewer of [seen, again]) await viewer.until((events) => shown(events).some((event) => String(event) === `run_done,${next}`));
    expect(shown(again.events)).toEqual(wholeRun(next));
    await api.call('DELETE', `/threads/${threadId}`);
    await Promise.all([seen.ended, again.ended]);
  }, 60_000);

  it('is refused for a thread of somebody else, an id of another stream and a mode that there is not', async () => {
    const threadId = await aThread();
    const other = new ApiClient(gateway.url, (await makeTenant()).apiKey);
    expect((await other.call('GET', `/threads/${threadId}/stream`)).status).toBe(404);
    expect((await api.call('GET', `/threads/${randomUUID()}/stream`)).status).toBe(404);
    const { status, body } = await api.call('GET', `/threads/${threadId}/stream`, undefined, { 'last-event-id': '3.2' });
    expect([status, body['code']]).toEqual([422, 'INVALID_ARGUMENT']);
    const refused = await api.call('GET', `/threads/${threadId}/stream?stream_mode=everything`);
    expect([refused.status, refused.body['code']]).toEqual([422, 'INVALID_ARGUMENT']);
  }, 30_000);
});
