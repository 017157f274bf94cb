import { randomUUID } from 'node:crypto';
import { asTenant, countRows, readJournal } from '../src/database';
import { problemFrom, problemOf, send } from '../src/http';
import { answerOf, messagesOf } from '../src/messages';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

const ECHO = 'three-calls';
const AGENT = 'plan-execute-review';
const echoed = (input: string): object => ({ input, results: [`Echo: one ${input}`, `Echo: two ${input}`, `Echo: three ${input}`] });

describe('runs through the SDK', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('runs');
  });

  it('creates in the background, and joins', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    let seen: { run_id: string; thread_id?: string } | undefined;
    const run = await client.runs.create(threadId, ECHO, { input: { input: 'one' }, metadata: { order: 7 }, onRunCreated: (created) => (seen = created) });
    expect(run).toMatchObject({ thread_id: threadId, metadata: { order: 7 }, status: expect.stringMatching(/^(pending|running)$/), multitask_strategy: 'enqueue' });
    expect(seen).toEqual({ run_id: run.run_id, thread_id: threadId });
    expect(await client.runs.join(threadId, run.run_id)).toEqual(echoed('one'));
    expect(await client.runs.get(threadId, run.run_id)).toMatchObject({ run_id: run.run_id, status: 'success', metadata: { order: 7 } });
    expect(await client.threads.get(threadId)).toMatchObject({ status: 'idle', values: echoed('one'), metadata: { graph_id: ECHO } });
    // a join of a run that is over answers at once
    expect(await client.runs.join(threadId, run.run_id)).toEqual(echoed('one'));
  });

  it('waits; the state goes on over runs of one thread', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const first = await client.runs.wait(threadId, AGENT, { input: { messages: [{ role: 'user', content: 'What is 19 plus 23?' }] } });
    expect(answerOf(first)).toContain('The sum of 19 and 23 is 42.');
    const second = await client.runs.wait(threadId, AGENT, { input: { messages: [{ role: 'user', content: 'echo good morning' }] } });
    expect(answerOf(second)).toContain('good morning');
    expect(messagesOf(second).slice(0, messagesOf(first).length)).toEqual(messagesOf(first));
    expect(messagesOf(second).filter((message) => message.type === 'human').map((message) => message.content)).toEqual(['What is 19 plus 23?', 'echo good morning']);
  });

  it('lists, pages and filters runs, and deletes a finished one', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const ids: string[] = [];
    for (const input of ['a', 'b', 'c']) ids.push((await client.runs.create(threadId, ECHO, { input: { input } })).run_id);
    await client.runs.join(threadId, ids[2] ?? '');
    expect((await client.runs.list(threadId)).map((run) => run.run_id)).toEqual([...ids].reverse());
    expect((await client.runs.list(threadId, { limit: 1, offset: 1 })).map((run) => run.run_id)).toEqual([ids[1]]);
    expect(await client.runs.list(threadId, { status: 'error' })).toEqual([]);
    expect(await client.runs.list(threadId, { status: 'success', limit: 1, select: ['run_id', 'status'] })).toEqual([{ run_id: ids[2], status: 'success' }]);
    await client.runs.delete(threadId, ids[1] ?? '');
    expect(await problemFrom(client.runs.get(threadId, ids[1] ?? ''))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect((await client.runs.list(threadId)).map((run) => run.run_id)).toEqual([ids[2], ids[0]]);
    // enqueued runs of one thread were worked off in order
    expect((await client.threads.getState(threadId)).values).toMatchObject({ input: 'c' });
  });

  it('runs without a thread, and leaves none behind', async () => {
    const { client, tenantId } = await aTenant('stateless');
    expect(await client.runs.wait(null, ECHO, { input: { input: 'alone' } })).toEqual(echoed('alone'));
    const batch = await client.runs.createBatch([
      { assistantId: ECHO, input: { input: 'x' } },
      { assistantId: ECHO, input: { input: 'y' } },
    ]);
    expect(batch).toHaveLength(2);
    const kept = await client.runs.create(null, ECHO, { input: { input: 'kept' }, onCompletion: 'keep' as never });
    expect(await client.runs.join(kept.thread_id, kept.run_id)).toEqual(echoed('kept'));
    for (const run of batch) await client.runs.join(run.thread_id, run.run_id);
    expect(await client.threads.count()).toBe(4);
    // they may be read for a while yet: let that while have passed
    await asTenant(tenantId, (owner) => owner.query(`UPDATE executions.runs SET ended_at = ended_at - interval '1 hour' WHERE tenant_id = $1`, [tenantId]));
    await waitUntil('only the thread that is to be kept is left', async () => (await client.threads.count()) === 1, { timeoutMs: 15_000 });
    expect((await client.threads.search())[0]?.thread_id).toBe(kept.thread_id);
    expect((await countRows(tenantId))['executions.runs']).toBe(1);
    // what happened stays on record
    expect(new Set((await readJournal(tenantId)).filter((row) => row.type === 'run.completed.v1').map((row) => row.run_id)).size).toBe(4);
  });

  it('creates the thread when asked to, and refuses otherwise', async () => {
    const { client } = tenant;
    const [threadId, missing] = [randomUUID(), randomUUID()];
    expect(await client.runs.wait(threadId, ECHO, { input: { input: 'new' }, ifNotExists: 'create' })).toEqual(echoed('new'));
    expect(await client.threads.get(threadId)).toMatchObject({ status: 'idle' });
    expect(await problemFrom(client.runs.create(missing, ECHO, { input: { input: 'new' } }))).toMatchObject({ status: 404 });
    expect(await problemFrom(client.threads.get(missing))).toMatchObject({ status: 404 });
  });

  it('stops before and after nodes, and goes on with input null', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const stopped = await client.runs.wait(threadId, ECHO, { input: { input: 'i' }, interruptAfter: ['one'] });
    expect(stopped).toMatchObject({ input: 'i', results: ['Echo: one i'] });
    expect((await client.runs.list(threadId))[0]).toMatchObject({ status: 'interrupted' });
    expect((await client.threads.get(threadId)).status).toBe('interrupted');
    expect(await client.runs.wait(threadId, ECHO, { input: null, interruptBefore: ['three'] })).toMatchObject({ results: ['Echo: one i', 'Echo: two i'] });
    expect(await client.runs.wait(threadId, ECHO, { input: null })).toEqual(echoed('i'));
    expect((await client.threads.get(threadId)).status).toBe('idle');
  });

  it('starts later when asked to', async () => {
    const { client, tenantId } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, ECHO, { input: { input: 'later' }, afterSeconds: 2 });
    await client.runs.join(threadId, run.run_id);
    const [created, started] = (await readJournal(tenantId, run.run_id)).map((row) => row.time.getTime());
    expect((started ?? 0) - (created ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('reports the failure of a run in band, and the thread can be used again', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const input = { messages: [{ role: 'user', content: 'What is 1 plus 2? fail:400' }] };
    const result = await client.runs.wait(threadId, AGENT, { input, raiseError: false });
    expect(result).toMatchObject({ __error__: { error: expect.any(String), message: expect.any(String) } });
    await expect(client.runs.wait(null, AGENT, { input })).rejects.toThrow(String((result as { __error__: { error: string } }).__error__.error));
    expect((await client.runs.list(threadId))[0]).toMatchObject({ status: 'error' });
    expect((await client.threads.get(threadId)).status).toBe('error');
    expect(answerOf(await client.runs.wait(threadId, AGENT, { input: { messages: [{ role: 'user', content: 'What is 1 plus 2?' }] } }))).toContain('The sum of 1 and 2 is 3.');
    expect((await client.threads.get(threadId)).status).toBe('idle');
  });

  it('stops a graph that goes on for too long', async () => {
    const { client } = tenant;
    const result = await client.runs.wait(null, ECHO, { input: { input: 'r' }, config: { recursion_limit: 2 }, raiseError: false });
    expect(result).toMatchObject({ __error__: { message: expect.stringMatching(/recursion/i) } });
  });

  it('gives a repeated request with the same Idempotency-Key the first run', async () => {
    const { apiKey, client, tenantId } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const headers = { 'idempotency-key': `key-${randomUUID()}` };
    const path = `/threads/${threadId}/runs`;
    const json = { assistant_id: ECHO, input: { input: 'once' } };
    const answers = await Promise.all(Array.from({ length: 6 }, () => send({ method: 'POST', path, apiKey, json, headers })));
    const ids = answers.map((answer) => (JSON.parse(answer.text) as { run_id: string }).run_id);
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 200));
    expect(new Set(ids).size).toBe(1);
    await client.runs.join(threadId, ids[0] ?? '');
    const late = await send({ method: 'POST', path, apiKey, json, headers });
    expect(JSON.parse(late.text)).toMatchObject({ run_id: ids[0], status: 'success' });
    expect(late.headers.get('content-location')).toBe(`/threads/${threadId}/runs/${ids[0]}`);
    const other = await send({ method: 'POST', path, apiKey, json: { ...json, input: { input: 'twice' } }, headers });
    expect(problemOf(other)).toMatchObject({ status: 422, code: 'IDEMPOTENCY_MISMATCH' });
    expect((await client.runs.list(threadId)).map((run) => run.run_id)).toEqual([ids[0]]);
    expect((await readJournal(tenantId, ids[0])).filter((row) => row.type === 'run.started.v1')).toHaveLength(1);
    // the key of one tenant is nothing to another
    const stranger = await aTenant('idempotency');
    const theirs = await send({ method: 'POST', path: '/runs', apiKey: stranger.apiKey, json, headers });
    expect((JSON.parse(theirs.text) as { run_id: string }).run_id).not.toBe(ids[0]);
  });

  it('lets the client choose the run id', async () => {
    const { apiKey, client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const path = `/threads/${threadId}/runs`;
    const json = { assistant_id: ECHO, run_id: randomUUID(), input: { input: 'mine' } };
    const answers = await Promise.all(Array.from({ length: 4 }, () => send({ method: 'POST', path, apiKey, json })));
    expect(answers.map((answer) => (JSON.parse(answer.text) as { run_id: string }).run_id)).toEqual(answers.map(() => json.run_id));
    expect(await client.runs.join(threadId, json.run_id)).toEqual(echoed('mine'));
    const taken = await send({ method: 'POST', path, apiKey, json: { ...json, input: { input: 'changed' } } });
    expect(problemOf(taken)).toMatchObject({ status: 409, code: 'CONFLICT', errors: [{ path: 'run_id' }] });
    expect(await client.runs.list(threadId)).toHaveLength(1);
  });

  it('names the workflow that executes the run', async () => {
    const { apiKey, tenantId } = tenant;
    const threadId = randomUUID();
    const json = { assistant_id: ECHO, input: { input: 'w' }, if_not_exists: 'create' };
    const answer = await send({ method: 'POST', path: `/threads/${threadId}/runs/wait`, apiKey, json });
    const runId = /^\/threads\/[^/]+\/runs\/([^/]+)$/.exec(answer.headers.get('content-location') ?? '')?.[1];
    expect(answer.headers.get('x-holdfast-workflow-id')).toBe(`t/${tenantId}/th/${threadId}`);
    const run = await send({ method: 'GET', path: `/threads/${threadId}/runs/${runId}`, apiKey });
    expect(JSON.parse(run.text)).toMatchObject({ workflow_id: `t/${tenantId}/th/${threadId}`, kwargs: { input: { input: 'w' } } });
  });

  it('keeps long texts whole, in and out', async () => {
    const { client, tenantId } = tenant;
    const long = `echo ${'näher 𝄞 '.repeat(800)}end`;
    const values = await client.runs.wait(null, AGENT, { input: { messages: [{ role: 'user', content: long }] } });
    const [question] = messagesOf(values);
    expect(question?.content).toBe(long);
    expect(answerOf(values)).toContain(long.slice(5));
    const inHistory = await asTenant(tenantId, (owner) => owner.query<{ n: number }>(`SELECT max(length(data::text)) AS n FROM executions.run_events WHERE tenant_id = $1`, [tenantId]));
    expect(inHistory.rows[0]?.n).toBeLessThan(20_000);
  });
});
