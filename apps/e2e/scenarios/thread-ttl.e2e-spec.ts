import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { askFor } from '../src/approvals';
import { problemFrom, send } from '../src/http';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

/** Minutes. */
const THREE_SECONDS = 0.05;
const DAY = 1_440;
const withTtl = z.looseObject({ ttl: z.object({ strategy: z.literal('delete'), ttl_minutes: z.number(), expires_at: z.string() }).nullish(), updated_at: z.string() });

describe('threads with a time to live', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('ttl');
  });

  const read = (threadId: string, query = '') => send({ method: 'GET', path: `/threads/${threadId}${query}`, apiKey: tenant.apiKey });
  const untilGone = (threadId: string) => waitUntil(`${threadId} is gone`, async () => (await read(threadId)).status === 404, { timeoutMs: 60_000, everyMs: 500 });
  const ttlOf = async (threadId: string) => withTtl.parse(JSON.parse((await read(threadId, '?include=ttl')).text));

  it('go when nothing has happened to them for so long, with their runs', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create({ ttl: DAY });
    const { run_id: runId } = await client.runs.create(threadId, 'three-calls', { input: { input: 'x' } });
    await client.runs.join(threadId, runId);
    const { ttl, updated_at: updatedAt } = await ttlOf(threadId);
    expect(ttl).toMatchObject({ strategy: 'delete', ttl_minutes: DAY });
    expect(new Date(ttl?.expires_at ?? 0).getTime() - new Date(updatedAt).getTime()).toBe(DAY * 60_000);
    expect(await read(threadId).then(({ text }) => JSON.parse(text) as object)).not.toHaveProperty('ttl');
    await client.threads.update(threadId, { metadata: { kept: true }, ttl: THREE_SECONDS });
    await untilGone(threadId);
    expect(await problemFrom(client.runs.get(threadId, runId))).toMatchObject({ status: 404 });
  }, 90_000);

  it('stay as long as something happens to them, or waits there', async () => {
    const { client } = tenant;
    const [touched, plain] = await Promise.all([client.threads.create({ ttl: { ttl: THREE_SECONDS, strategy: 'delete' } }), client.threads.create()]);
    const asked = await askFor(tenant, { action: 'pay', args: 1 });
    await client.threads.update(asked.thread_id, { metadata: {}, ttl: THREE_SECONDS });
    for (let n = 0; n < 6; n += 1) {
      await client.threads.update(touched.thread_id, { metadata: { n } });
      await sleep(1_500);
    }
    expect((await read(touched.thread_id)).status).toBe(200);
    await untilGone(touched.thread_id);
    for (const threadId of [asked.thread_id, plain.thread_id]) expect((await read(threadId)).status).toBe(200);
    expect((await ttlOf(plain.thread_id)).ttl).toBeNull();
  }, 90_000);

  it('are refused a time that is none', async () => {
    expect(await problemFrom(tenant.client.threads.create({ ttl: -1 }))).toMatchObject({ status: 422, errors: [{ path: 'ttl.ttl' }] });
    const other: unknown = { ttl: 5, strategy: 'keep_latest' };
    expect(await problemFrom(tenant.client.threads.create({ ttl: other as { ttl: number } }))).toMatchObject({ status: 422 });
  });
});
