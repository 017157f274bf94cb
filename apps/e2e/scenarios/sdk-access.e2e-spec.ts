import { randomUUID } from 'node:crypto';
import { asTenant } from '../src/database';
import { problemFrom, problemOf, send } from '../src/http';
import { aTenant, sdkClient, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

const ECHO = 'three-calls';

describe('who may do what', () => {
  let ours: TestTenant;
  let theirs: TestTenant;
  beforeAll(async () => {
    ours = await aTenant('ours');
    theirs = await aTenant('theirs');
  });

  it('asks for a key', async () => {
    for (const apiKey of [undefined, '', 'wrong', 'hf_000000000000_000000000000000000000000000000000000000000000000', `${ours.apiKey}x`, ours.apiKey.slice(0, -1), 'hf_\u00e4']) {
      const answer = await send({ method: 'POST', path: '/threads/search', apiKey, json: {} }).catch((error: unknown) => error);
      // a header that HTTP cannot carry never leaves the client
      if (answer instanceof TypeError) continue;
      expect(problemOf(answer as Awaited<ReturnType<typeof send>>)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
    }
    expect(await problemFrom(sdkClient('hf_nobody_0').threads.create())).toMatchObject({ status: 401 });
  });

  it('asks for a key before it looks at the request', async () => {
    const answer = await send({ method: 'POST', path: '/threads', body: '{"broken' });
    expect(problemOf(answer)).toMatchObject({ status: 401 });
    expect(problemOf(await send({ method: 'GET', path: `/threads/${randomUUID()}` }))).toMatchObject({ status: 401 });
  });

  it('serves health, info and documentation to everybody', async () => {
    for (const path of ['/ok', '/info', '/openapi.json', '/docs', '/livez', '/readyz', '/metrics']) {
      expect((await send({ method: 'GET', path })).status).toBe(200);
    }
    expect(JSON.parse((await send({ method: 'GET', path: '/ok' })).text)).toMatchObject({ ok: true });
    expect(JSON.parse((await send({ method: 'GET', path: '/info' })).text)).toMatchObject({ version: expect.any(String), flags: { assistants: true } });
  });

  it('forgets a revoked key', async () => {
    const tenant = await aTenant('revoked');
    await tenant.client.threads.create();
    await asTenant(tenant.tenantId, (owner) => owner.query('UPDATE executions.api_keys SET revoked_at = now() WHERE tenant_id = $1', [tenant.tenantId]));
    await waitUntil('the key is refused', async () => (await send({ method: 'POST', path: '/threads', apiKey: tenant.apiKey, json: {} })).status === 401, { timeoutMs: 6_000 });
  });

  it('answers 404 for what belongs to others, exactly as for what does not exist', async () => {
    const { client } = ours;
    const { thread_id: threadId } = await client.threads.create({ metadata: { secret: 'ours' } });
    const run = await client.runs.create(threadId, ECHO, { input: { input: 'secret' } });
    await client.runs.join(threadId, run.run_id);
    const { assistant_id: assistantId } = await client.assistants.create({ graphId: ECHO, name: 'ours' });
    const none = randomUUID();
    const state = await client.threads.getState(threadId);
    const stranger = theirs.client;
    const calls: ((thread: string, runId: string, assistant: string) => Promise<unknown>)[] = [
      (thread) => stranger.threads.get(thread),
      (thread) => stranger.threads.update(thread, { metadata: { mine: true } }),
      (thread) => stranger.threads.delete(thread),
      (thread) => stranger.threads.copy(thread),
      (thread) => stranger.threads.getState(thread),
      (thread) => stranger.threads.getState(thread, String(state.checkpoint.checkpoint_id)),
      (thread) => stranger.threads.getHistory(thread),
      (thread) => stranger.threads.updateState(thread, { values: { input: 'stolen' } }),
      (thread) => stranger.runs.list(thread),
      (thread) => stranger.runs.create(thread, ECHO, { input: {} }),
      (thread) => stranger.runs.wait(thread, ECHO, { input: {} }),
      (thread, id) => stranger.runs.get(thread, id),
      (thread, id) => stranger.runs.join(thread, id),
      (thread, id) => stranger.runs.cancel(thread, id),
      (thread, id) => stranger.runs.delete(thread, id),
      (thread, id) => stranger.runs.joinStream(thread, id, { lastEventId: '-1' }).next(),
      (_, id) => stranger.runs.joinStream(null, id, { lastEventId: '-1' }).next(),
      (_, __, assistant) => stranger.assistants.get(assistant),
      (_, __, assistant) => stranger.assistants.update(assistant, { name: 'mine' }),
      (_, __, assistant) => stranger.assistants.delete(assistant),
      (_, __, assistant) => stranger.assistants.getGraph(assistant),
      (_, __, assistant) => stranger.assistants.getSchemas(assistant),
      (_, __, assistant) => stranger.assistants.getVersions(assistant),
      (_, __, assistant) => stranger.assistants.setLatest(assistant, 1),
      (_, __, assistant) => stranger.runs.create(null, assistant, { input: {} }),
    ];
    for (const call of calls) {
      const foreign = await problemFrom(call(threadId, run.run_id, assistantId));
      const missing = await problemFrom(call(none, none, none));
      expect(foreign).toMatchObject({ status: 404, code: 'NOT_FOUND' });
      // not even the wording tells them apart
      const blur = (text: string): string => text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>');
      expect(blur(foreign.detail)).toBe(blur(missing.detail));
    }
    // and nothing happened to it
    expect((await client.threads.get(threadId)).metadata).toMatchObject({ secret: 'ours' });
    expect(await client.threads.getState(threadId)).toEqual(state);
    expect((await client.assistants.get(assistantId)).name).toBe('ours');
    expect(await client.runs.list(threadId)).toHaveLength(1);
  });

  it('lets two tenants use the same ids, each its own', async () => {
    const threadId = randomUUID();
    await ours.client.threads.create({ threadId, metadata: { whose: 'ours' } });
    await theirs.client.threads.create({ threadId, metadata: { whose: 'theirs' } });
    const runId = randomUUID();
    const json = { assistant_id: ECHO, run_id: runId };
    const path = `/threads/${threadId}/runs/wait`;
    const [a, b] = await Promise.all([
      send({ method: 'POST', path, apiKey: ours.apiKey, json: { ...json, input: { input: 'ours' } } }),
      send({ method: 'POST', path, apiKey: theirs.apiKey, json: { ...json, input: { input: 'theirs' } } }),
    ]);
    expect(JSON.parse(a.text)).toMatchObject({ input: 'ours' });
    expect(JSON.parse(b.text)).toMatchObject({ input: 'theirs' });
    expect((await ours.client.threads.getState(threadId)).values).toMatchObject({ input: 'ours' });
    expect((await theirs.client.threads.get(threadId)).metadata).toMatchObject({ whose: 'theirs' });
  });
});
