import { randomUUID } from 'node:crypto';
import type { RunEventDraft } from '@holdfast/contracts/events';
import { NatsLink, NoticeBus, TokenPublisher } from '@holdfast/event-bus';
import type { CheckpointDraft, ProgressBatch } from '@holdfast/persistence';
import { ApiClient, EventCollector } from './api-client';
import { CuttableLink, PlayedWorker, env, linkTo, makeTenant, startTestGateway, testConfig, through, type TestTenant } from './gateway-fixture';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

// A worker is played: it writes the journal, publishes notices and tokens; the gateway shows them.

describe('streams', () => {
  let gateway: Awaited<ReturnType<typeof startTestGateway>>;
  let database: CuttableLink;
  let bus: CuttableLink;
  let tenant: TestTenant;
  let api: ApiClient;
  let worker: PlayedWorker;
  let graphId: string;
  let link: NatsLink;
  let notices: NoticeBus;

  beforeAll(async () => {
    worker = new PlayedWorker();
    [database, bus] = [linkTo(env('DATABASE_URL_GATEWAY')), linkTo(env('NATS_URL'))];
    await Promise.all([database.open(), bus.open()]);
    [tenant, graphId] = await Promise.all([makeTenant(), worker.registerGraph()]);
    gateway = await startTestGateway(
      testConfig({ DATABASE_URL: through(database, env('DATABASE_URL_GATEWAY')), NATS_URL: through(bus, env('NATS_URL')), HEARTBEAT_MS: 200, SLOW_VIEWER_MS: 1_500 }),
    );
    api = new ApiClient(gateway.url, tenant.apiKey);
    link = new NatsLink({ url: env('NATS_URL'), clientName: 'played-worker', log: silent });
    link.start();
    await link.whenUp(AbortSignal.timeout(10_000));
    notices = new NoticeBus(link);
  }, 60_000);
  afterAll(async () => {
    await gateway.close();
    notices.close();
    await Promise.all([worker.close(), link.stop()]);
    await Promise.all([database.cut(), bus.cut()]);
  }, 30_000);

  // a test that failed while a link was cut shall not take the others along
  afterEach(() => Promise.all([database.open(), bus.open()]));

  /** A run that the test drives by hand. */
  class PlayedRun {
    #commit = 0;
    constructor(
      readonly threadId: string,
      readonly runId: string,
    ) {}

    async begin(): Promise<void> {
      await worker.begin({ tenantId: tenant.tenantId, threadId: this.threadId, runId: this.runId });
    }

    async commit(more: { events?: RunEventDraft[]; checkpoints?: CheckpointDraft[]; end?: ProgressBatch['end'] }): Promise<void> {
      this.#commit += 1;
      const result = await worker.journal.commitProgress(
        { tenantId: tenant.tenantId },
        { tenantId: tenant.tenantId, threadId: this.threadId, runId: this.runId, commit: this.#commit, events: more.events ?? [], checkpoints: more.checkpoints ?? [], ...(more.end === undefined ? {} : { end: more.end }) },
      );
      if (result.notice !== null) notices.publish(tenant.tenantId, this.runId, { seq: result.notice.seq, status: result.notice.status });
    }

    /** A superstep that shows its number in every mode. */
    step(n: number, frames: unknown[] = []): Promise<void> {
      const checkpointId = randomUUID();
      const values = { n, text: 'x'.repeat(n === 2 ? 5_000 : 1) };
      return this.commit({
        events: [
          {
            type: 'run.step-completed.v1',
            data: { step: n, checkpoint_id: checkpointId, parent_checkpoint_id: null, frames: [{ ns: [], mode: 'updates', data: { node: { n } } }, ...(frames as never[]), { ns: [], mode: 'values', data: { checkpoint_id: checkpointId } }] },
          },
        ],
        checkpoints: [{ checkpointId, parentCheckpointId: null, step: n, source: 'loop', values, next: [], tasks: [], metadata: { step: n }, saved: '{}' }],
      });
    }

    succeed(): Promise<void> {
      return this.commit({ end: { status: 'success', steps: this.#commit } });
    }
  }

  async function open(body: Record<string, unknown>, signal?: AbortSignal): Promise<{ run: PlayedRun; response: Response; seen: EventCollector }> {
    const thread = (await api.call('POST', '/threads', {})).body['thread_id'] as string;
    const response = await api.open('POST', `/threads/${thread}/runs/stream`, { assistant_id: graphId, ...body }, {}, signal);
    expect(response.status).toBe(200);
    const runId = response.headers.get('content-location')?.split('/').at(-1) ?? '';
    const run = new PlayedRun(thread, runId);
    await run.begin();
    return { run, response, seen: new EventCollector(response) };
  }

  it('show what happens, as it happens', async () => {
    const { run, response, seen } = await open({ stream_mode: ['updates', 'values'] });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('location')).toBe(`/threads/${run.threadId}/runs/${run.runId}/stream?stream_mode=updates&stream_mode=values`);
    await run.step(1);
    await seen.until((events) => events.length === 3, 3_000);
    await run.step(2);
    await run.succeed();
    await seen.ended;
    expect(seen.names()).toEqual(['metadata', 'updates', 'values', 'updates', 'values']);
    expect(seen.events[0]?.data).toMatchObject({ run_id: run.runId, attempt: 1 });
    expect(seen.events.at(-1)?.data).toEqual({ n: 2, text: 'x'.repeat(5_000) });
  }, 30_000);

  it('tell a failure in an error event', async () => {
    const { run, seen } = await open({});
    await run.commit({ end: { status: 'error', steps: 0, error: { code: 'GRAPH_FAILED', message: 'boom', kind: 'user' } } });
    await seen.ended;
    expect(seen.events.at(-1)).toMatchObject({ event: 'error', data: { error: 'GRAPH_FAILED', message: 'boom' } });
  }, 30_000);

  it('go on behind the last event seen, on any replica', async () => {
    const { run, seen } = await open({ stream_mode: ['updates', 'values'] });
    for (const n of [1, 2, 3]) await run.step(n);
    await run.succeed();
    await seen.ended;
    const replica = await startTestGateway(testConfig({ DATABASE_URL: env('DATABASE_URL_GATEWAY'), NATS_URL: env('NATS_URL') }));
    try {
      const elsewhere = new ApiClient(replica.url, tenant.apiKey);
      for (const [index, event] of seen.events.entries()) {
        const again = new EventCollector(await elsewhere.open('GET', `/threads/${run.threadId}/runs/${run.runId}/stream`, undefined, { 'last-event-id': event.id }));
        await again.ended;
        expect(again.events).toEqual(seen.events.slice(index + 1));
      }
      for (const id of ['-1', '-']) {
        const whole = new EventCollector(await elsewhere.open('GET', `/runs/${run.runId}/stream`, undefined, { 'last-event-id': id }));
        await whole.ended;
        expect(whole.events).toEqual(seen.events);
      }
    } finally {
      await replica.close();
    }
  }, 60_000);

  it('bring tokens while they are spoken, and none is lost or repeated for a viewer who comes back', async () => {
    const { run, seen } = await open({ stream_mode: ['messages-tuple', 'updates'] });
    const publisher = new TokenPublisher(link, { log: silent, windowMs: 1 });
    const call = { call: '0123456789abcdef-0', attempt: 1, messageId: `run-${run.runId}-0123456789abcdef-0`, node: 'agent', ns: [] };
    const speak = (offset: number, text: string, last = false): void => {
      publisher.push({ tenantId: tenant.tenantId, runId: run.runId }, { ...call, offset, text, ...(last ? { last } : {}) });
    };
    const textOf = (events: readonly { event: string; data: unknown }[]): string => events.flatMap(({ event, data }) => (event === 'messages' ? [(data as [{ content: string }])[0].content] : [])).join('');
    speak(0, 'Hello ');
    await seen.until((events) => textOf(events) === 'Hello ');
    const late = new EventCollector(await api.open('GET', `/threads/${run.threadId}/runs/${run.runId}/stream`, undefined, { 'last-event-id': seen.events.at(-1)?.id ?? '' }));
    const fresh = new EventCollector(await api.open('GET', `/threads/${run.threadId}/runs/${run.runId}/stream`));
    await fresh.until((events) => textOf(events) === 'Hello ');
    speak(6, 'there');
    speak(11, '', true);
    await Promise.all([seen.until((events) => textOf(events) === 'Hello there'), late.until((events) => textOf(events) === 'there')]);
    await run.step(1, [{ ns: [], mode: 'updates', data: { agent: { messages: [{ type: 'ai', id: call.messageId, content: 'Hello there' }] } } }]);
    await run.succeed();
    await Promise.all([seen.ended, late.ended, fresh.ended]);
    expect([seen, late, fresh].map(({ events }) => textOf(events))).toEqual(['Hello there', 'there', 'Hello there']);
    publisher.close();
  }, 40_000);

  it('outlast an outage of PostgreSQL', async () => {
    const { run, seen } = await open({ stream_mode: 'updates' });
    await run.step(1);
    await seen.until((events) => events.length === 2);
    await database.cut();
    await run.step(2);
    const before = seen.comments;
    await seen.until(() => seen.comments > before + 2);
    await database.open();
    await run.step(3);
    await run.succeed();
    await seen.ended;
    expect(seen.events.slice(1).map(({ data }) => data)).toEqual([1, 2, 3].map((n) => ({ node: { n } })));
  }, 40_000);

  it('outlast an outage of NATS, a little slower', async () => {
    const { run, seen } = await open({ stream_mode: 'updates' });
    await run.step(1);
    await bus.cut();
    await run.step(2);
    await seen.until((events) => events.length === 3, 5_000);
    await bus.open();
    await run.succeed();
    await seen.ended;
    expect(seen.names()).toEqual(['metadata', 'updates', 'updates']);
  }, 40_000);

  it('cancel the run of a viewer who leaves, when asked to', async () => {
    const leaving = new AbortController();
    const thread = (await api.call('POST', '/threads', {})).body['thread_id'] as string;
    const response = await api.open('POST', `/threads/${thread}/runs/stream`, { assistant_id: graphId, on_disconnect: 'cancel' }, {}, leaving.signal);
    const path = response.headers.get('content-location') ?? '';
    await new Promise((done) => setTimeout(done, 200));
    leaving.abort();
    for (let i = 0; i < 100 && (await api.call('GET', path)).body['status'] === 'pending'; i += 1) await new Promise((done) => setTimeout(done, 50));
    expect((await api.call('GET', path)).body).toMatchObject({ status: 'interrupted' });
  }, 30_000);

  it('drop a viewer who does not read, and nobody else', async () => {
    const { run, response } = await (async () => {
      const thread = (await api.call('POST', '/threads', {})).body['thread_id'] as string;
      const opened = await api.open('POST', `/threads/${thread}/runs/stream`, { assistant_id: graphId, stream_mode: 'custom' });
      const played = new PlayedRun(thread, opened.headers.get('content-location')?.split('/').at(-1) ?? '');
      await played.begin();
      return { run: played, response: opened };
    })();
    const reader = new EventCollector(await api.open('GET', `/threads/${run.threadId}/runs/${run.runId}/stream`));
    for (let n = 0; n < 40; n += 1) await run.step(n + 10, [{ ns: [], mode: 'custom', data: 'z'.repeat(400_000) }]);
    await reader.until((events) => events.length === 41, 20_000);
    await new Promise((done) => setTimeout(done, 3_000));
    await run.succeed();
    await reader.ended;
    expect(reader.events).toHaveLength(41);
    await expect(response.text()).rejects.toThrow();
  }, 90_000);

  it('end a wait with the result, the failure or the question', async () => {
    const thread = (await api.call('POST', '/threads', {})).body['thread_id'] as string;
    const finish = async (end: ProgressBatch['end']): Promise<unknown> => {
      const { run_id: runId } = (await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId })).body as { run_id: string };
      const answer = api.call('GET', `/threads/${thread}/runs/${runId}/join`);
      const run = new PlayedRun(thread, runId);
      await run.begin();
      await run.step(1);
      await run.commit({ end });
      return (await answer).body;
    };
    expect(await finish({ status: 'success', steps: 1 })).toEqual({ n: 1, text: 'x' });
    expect(await finish({ status: 'error', steps: 1, error: { code: 'GRAPH_FAILED', message: 'boom', kind: 'user' } })).toEqual({ __error__: { error: 'GRAPH_FAILED', message: 'boom' } });
    expect(await finish({ status: 'interrupted', steps: 1, interrupts: { t: [{ id: 'i', value: 'ok?' }] } })).toEqual({ n: 1, text: 'x', __interrupt__: [{ id: 'i', value: 'ok?' }] });
  }, 40_000);

  it('end a wait for a run that never began with what the thread holds', async () => {
    const thread = (await api.call('POST', '/threads', {})).body['thread_id'] as string;
    const cancelled = async (): Promise<unknown> => {
      const { run_id: runId } = (await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId })).body as { run_id: string };
      const answer = api.call('GET', `/threads/${thread}/runs/${runId}/join`);
      expect((await api.call('POST', `/threads/${thread}/runs/${runId}/cancel?wait=1`)).status).toBe(204);
      return (await answer).body;
    };
    expect(await cancelled()).toEqual({});
    const { run_id: runId } = (await api.call('POST', `/threads/${thread}/runs`, { assistant_id: graphId })).body as { run_id: string };
    const run = new PlayedRun(thread, runId);
    await run.begin();
    await run.step(1);
    await run.succeed();
    expect(await cancelled()).toEqual({ n: 1, text: 'x' });
  }, 40_000);

  it('hint at when to come back, and break, when the process goes away; the run goes on', async () => {
    const leaving = await startTestGateway(testConfig({ DATABASE_URL: env('DATABASE_URL_GATEWAY'), NATS_URL: env('NATS_URL') }));
    const elsewhere = new ApiClient(leaving.url, tenant.apiKey);
    const response = await elsewhere.open('POST', '/runs/stream', { assistant_id: graphId, on_disconnect: 'cancel' });
    let text = '';
    const reading = (async () => {
      for await (const piece of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) text += piece;
      return 'ended well';
    })().catch(() => 'broken');
    await new Promise((done) => setTimeout(done, 300));
    await leaving.close();
    expect(await reading).toBe('broken');
    expect(text).toMatch(/event: metadata[^]*retry: \d+\n\n$/);
    const run = new URL(response.headers.get('location') ?? '', gateway.url).pathname.replace(/\/stream$/, '');
    expect((await api.call('GET', run)).body).toMatchObject({ status: 'pending' });
  }, 40_000);
});
