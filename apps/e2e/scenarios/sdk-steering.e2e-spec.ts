import { randomUUID } from 'node:crypto';
import { readJournal } from '../src/database';
import { answerOf, messagesOf, textOf } from '../src/messages';
import { asking } from '../src/pattern-runs';
import { send } from '../src/http';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

/** Three rounds of thinking and acting, each of which takes a second and more. */
const LONG = 'What is the sum of 1, 2, 3 and 4? slow:1500';

interface Injected {
  readonly status: string;
  readonly checkpoint_id: string | null;
}

describe('POST /threads/{thread_id}/runs/{run_id}/inject', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('steering');
  });

  async function working(): Promise<{ threadId: string; runId: string }> {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const { run_id: runId } = await tenant.client.runs.create(threadId, 'react', { input: asking(LONG) });
    await waitUntil('it works', async () => (await tenant.client.runs.get(threadId, runId)).status === 'running');
    return { threadId, runId };
  }

  async function inject(run: { threadId: string; runId: string }, json: object, key?: string, by = tenant): Promise<{ status: number; body: unknown }> {
    const path = `/threads/${run.threadId}/runs/${run.runId}/inject`;
    const { status, text } = await send({ method: 'POST', path, apiKey: by.apiKey, json, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) });
    return { status, body: JSON.parse(text) as unknown };
  }

  const say = (content: string) => ({ messages: [{ role: 'user', content }] });

  it('steers a running agent: it goes on with what it was told, and everybody sees it', async () => {
    const run = await working();
    const answer = await inject(run, say('Which packages does this workspace contain?'));
    expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ status: 'applied', run_id: run.runId })]);
    const { checkpoint_id: checkpointId } = answer.body as Injected;
    await tenant.client.runs.join(run.threadId, run.runId);
    const { values } = await tenant.client.threads.getState(run.threadId);
    expect(answerOf(values)).toContain('`libs/contracts`');
    const texts = messagesOf(values).map(({ content }) => textOf(content));
    expect(texts.filter((text) => text === 'Which packages does this workspace contain?')).toHaveLength(1);
    const history = await tenant.client.threads.getHistory(run.threadId, { limit: 100 });
    expect(history.find(({ checkpoint }) => checkpoint.checkpoint_id === checkpointId)).toMatchObject({ metadata: { source: 'update' } });
    const frames = (await readJournal(tenant.tenantId, run.runId)).flatMap(({ data }) => (data as { frames?: { mode: string; data: { checkpoint_id?: string } }[] }).frames ?? []);
    expect(frames.filter(({ mode, data }) => mode === 'values' && data.checkpoint_id === checkpointId)).toHaveLength(1);
    expect(await tenant.client.runs.get(run.threadId, run.runId)).toMatchObject({ status: 'success' });
  });

  it('puts an input in once, also when its answer was lost or comes after the end', async () => {
    const run = await working();
    const key = randomUUID();
    const answers = await Promise.all([1, 2, 3].map(() => inject(run, say('echo once'), key)));
    // Only one of them waits for the superstep; a repeat is told at once that it waits.
    const checkpoints = new Set(answers.map(({ body }) => (body as Injected).checkpoint_id).filter((id) => id !== null));
    expect(checkpoints.size).toBe(1);
    for (const { status, body } of answers) expect([status, (body as Injected).status]).toEqual((body as Injected).checkpoint_id === null ? [202, 'waiting'] : [200, 'applied']);
    await tenant.client.runs.join(run.threadId, run.runId);
    const late = await inject(run, say('echo once'), key);
    expect([late.status, (late.body as Injected).checkpoint_id]).toEqual([200, [...checkpoints][0]]);
    const { values } = await tenant.client.threads.getState(run.threadId);
    expect(messagesOf(values).filter(({ content }) => textOf(content) === 'echo once')).toHaveLength(1);
  });

  it('is refused with the reason when the run has ended, has not begun, or is somebody else’s, and when the graph has no such channel', async () => {
    const run = await working();
    const { run_id: queued } = await tenant.client.runs.create(run.threadId, 'react', { input: asking('Hello.'), multitaskStrategy: 'enqueue' });
    expect(await inject({ ...run, runId: queued }, say('x'))).toMatchObject({ status: 409, body: { code: 'CONFLICT', detail: expect.stringContaining('not begun') } });
    expect(await inject(run, { values: { nonsense: 1 } })).toMatchObject({ status: 422, body: { code: 'INVALID_ARGUMENT', detail: expect.stringContaining('nonsense') } });
    expect(await inject(run, {})).toMatchObject({ status: 422 });
    expect(await inject(run, say('x'), undefined, await aTenant('steering-stranger'))).toMatchObject({ status: 404 });
    await tenant.client.runs.join(run.threadId, run.runId);
    expect(await inject(run, say('x'))).toMatchObject({ status: 409, body: { code: 'CONFLICT', detail: expect.stringContaining('ended with status success') } });
  });
});
