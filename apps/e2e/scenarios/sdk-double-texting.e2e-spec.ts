import { readJournal } from '../src/database';
import { problemFrom } from '../src/http';
import { answerOf, messagesOf } from '../src/messages';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

const AGENT = 'plan-execute-review';
const ask = (content: string): { messages: object[] } => ({ messages: [{ role: 'user', content }] });
const SLOW = ask('What is 100 plus 1? slow:4000');
const QUICK = ask('What is 2 plus 3?');

describe('cancels and double texts through the SDK', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('double');
  });

  const isRunning = (threadId: string, runId: string): Promise<true> =>
    waitUntil('the run is running', async () => (await tenant.client.runs.get(threadId, runId)).status === 'running');
  const questions = (values: unknown): unknown[] => messagesOf(values).filter((message) => message.type === 'human').map((message) => message.content);
  const lastEvents = async (runId: string): Promise<(string | undefined)[]> => {
    const rows = await readJournal(tenant.tenantId, runId);
    expect(rows.map((row) => row.seq)).toEqual(rows.map((_, index) => index + 1));
    return [rows.at(-1)?.type];
  };

  it('cancels a running run, and waits for its end', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, AGENT, { input: SLOW });
    await isRunning(threadId, run.run_id);
    const begun = performance.now();
    await client.runs.cancel(threadId, run.run_id, true);
    // at once, not when the model has answered
    expect(performance.now() - begun).toBeLessThan(3_500);
    expect((await client.runs.get(threadId, run.run_id)).status).toBe('interrupted');
    expect(await lastEvents(run.run_id)).toEqual(['run.cancelled.v1']);
    // what the run had done stays: here the input
    expect(questions((await client.threads.getState(threadId)).values)).toEqual([SLOW.messages[0] && 'What is 100 plus 1? slow:4000']);
    // again: no harm
    await client.runs.cancel(threadId, run.run_id, true);
    expect(answerOf(await client.runs.wait(threadId, AGENT, { input: QUICK }))).toContain('The sum of 2 and 3 is 5.');
  });

  it('cancels without waiting', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, AGENT, { input: SLOW });
    await client.runs.cancel(threadId, run.run_id);
    await waitUntil('the run has ended', async () => (await client.runs.get(threadId, run.run_id)).status === 'interrupted');
    expect(await lastEvents(run.run_id)).toEqual(['run.cancelled.v1']);
  });

  it('cancels a run that waits its turn, and it never starts', async () => {
    const { client, tenantId } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const first = await client.runs.create(threadId, AGENT, { input: ask('What is 7 plus 8? slow:1500') });
    const second = await client.runs.create(threadId, AGENT, { input: QUICK });
    expect((await client.runs.get(threadId, second.run_id)).status).toBe('pending');
    await client.runs.cancel(threadId, second.run_id, true);
    expect((await client.runs.get(threadId, second.run_id)).status).toBe('interrupted');
    expect(answerOf(await client.runs.join(threadId, first.run_id))).toContain('The sum of 7 and 8 is 15.');
    expect((await readJournal(tenantId, second.run_id)).map((row) => row.type)).toEqual(['run.created.v1', 'run.cancelled.v1']);
    expect(questions((await client.threads.getState(threadId)).values)).toEqual(['What is 7 plus 8? slow:1500']);
    expect((await client.threads.get(threadId)).status).toBe('idle');
  });

  it('cancel with rollback takes back what the run did', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    await client.runs.wait(threadId, AGENT, { input: QUICK });
    const before = await client.threads.getState(threadId);
    const run = await client.runs.create(threadId, AGENT, { input: SLOW });
    await isRunning(threadId, run.run_id);
    await client.runs.cancel(threadId, run.run_id, true, 'rollback');
    await waitUntil('the run is gone', async () => (await client.runs.list(threadId)).every((other) => other.run_id !== run.run_id));
    expect(await client.threads.getState(threadId)).toEqual(before);
    expect((await client.threads.get(threadId)).status).toBe('idle');
  });

  it('cancels many', async () => {
    const { client } = await aTenant('cancel-many');
    const runs = await Promise.all(Array.from({ length: 3 }, () => client.runs.create(null, AGENT, { input: SLOW, onCompletion: 'keep' as never })));
    await client.runs.cancelMany({ status: 'all' });
    await waitUntil('all have ended', async () => {
      const all = await Promise.all(runs.map((run) => client.runs.get(run.thread_id, run.run_id)));
      return all.every((run) => run.status === 'interrupted');
    });
  });

  it('reject: the second is refused while the first goes on', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const run = await client.runs.create(threadId, AGENT, { input: ask('What is 7 plus 8? slow:1500') });
    expect(await problemFrom(client.runs.create(threadId, AGENT, { input: QUICK, multitaskStrategy: 'reject' }))).toMatchObject({ status: 409, code: 'THREAD_BUSY' });
    expect(await problemFrom(client.threads.updateState(threadId, { values: {} }))).toMatchObject({ status: 409, code: 'THREAD_BUSY' });
    expect((await client.threads.get(threadId)).status).toBe('busy');
    expect(answerOf(await client.runs.join(threadId, run.run_id))).toContain('15');
    expect(await client.runs.list(threadId)).toHaveLength(1);
    expect(answerOf(await client.runs.wait(threadId, AGENT, { input: QUICK, multitaskStrategy: 'reject' }))).toContain('5');
  });

  it('reject: of many at once exactly one gets through', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => client.runs.create(threadId, AGENT, { input: SLOW, multitaskStrategy: 'reject' })));
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ status: 409 });
    const [run] = await client.runs.list(threadId);
    await client.runs.cancel(threadId, run?.run_id ?? '', true);
  });

  it('enqueue: one after the other, in order', async () => {
    const { client, tenantId } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const runs = [];
    for (const n of [1, 2, 3]) runs.push(await client.runs.create(threadId, AGENT, { input: ask(`What is ${n} plus 10?`), multitaskStrategy: 'enqueue' }));
    const values = await client.runs.join(threadId, runs[2]?.run_id ?? '');
    expect(questions(values)).toEqual(['What is 1 plus 10?', 'What is 2 plus 10?', 'What is 3 plus 10?']);
    expect(answerOf(values)).toContain('13');
    const times = await Promise.all(runs.map(async (run) => {
      const rows = await readJournal(tenantId, run.run_id);
      return { start: rows.find((row) => row.type === 'run.started.v1')?.time.getTime() ?? 0, end: rows.at(-1)?.time.getTime() ?? 0 };
    }));
    for (const [index, time] of times.entries()) if (index > 0) expect(time.start).toBeGreaterThanOrEqual(times[index - 1]?.end ?? Infinity);
    expect((await client.runs.list(threadId)).map((run) => run.status)).toEqual(['success', 'success', 'success']);
  });

  it('interrupt: the first ends, what it did stays, the second runs', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const first = await client.runs.create(threadId, AGENT, { input: SLOW });
    await isRunning(threadId, first.run_id);
    const begun = performance.now();
    const values = await client.runs.wait(threadId, AGENT, { input: QUICK, multitaskStrategy: 'interrupt' });
    expect(performance.now() - begun).toBeLessThan(8_000);
    expect(questions(values)).toEqual(['What is 100 plus 1? slow:4000', 'What is 2 plus 3?']);
    expect(answerOf(values)).toContain('The sum of 2 and 3 is 5.');
    expect((await client.runs.get(threadId, first.run_id)).status).toBe('interrupted');
    expect(await lastEvents(first.run_id)).toEqual(['run.cancelled.v1']);
  });

  it('rollback: the first never was, the second runs', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const first = await client.runs.create(threadId, AGENT, { input: SLOW });
    await isRunning(threadId, first.run_id);
    const values = await client.runs.wait(threadId, AGENT, { input: QUICK, multitaskStrategy: 'rollback' });
    expect(questions(values)).toEqual(['What is 2 plus 3?']);
    expect(await problemFrom(client.runs.get(threadId, first.run_id))).toMatchObject({ status: 404 });
    expect(await client.runs.list(threadId)).toHaveLength(1);
    expect(questions((await client.threads.getHistory(threadId, { limit: 100 })).at(-2)?.values)).toEqual(['What is 2 plus 3?']);
  });

  it('a viewer who leaves cancels the run when that was asked for, and only then', async () => {
    const { client } = tenant;
    for (const [onDisconnect, status] of [['cancel', 'interrupted'], ['continue', 'success']] as const) {
      const { thread_id: threadId } = await client.threads.create();
      const leave = new AbortController();
      let runId = '';
      const watching = (async () => {
        const stream = client.runs.stream(threadId, AGENT, { input: ask('What is 7 plus 8? slow:1000'), onDisconnect, signal: leave.signal, onRunCreated: (run) => (runId = run.run_id) });
        for await (const part of stream) if (part.event === 'values') leave.abort();
      })();
      await watching.catch(() => undefined);
      await waitUntil(`the run is ${status}`, async () => (await client.runs.get(threadId, runId)).status === status, { timeoutMs: 30_000 });
    }
  });
});
