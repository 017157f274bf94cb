import { asTenant, readJournal } from '../src/database';
import { answerOf, messagesOf, textOf } from '../src/messages';
import { asking, see, type Seen } from '../src/pattern-runs';
import { killHard, untilAllReady, untilBack } from '../src/supervised';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';

const APPROVAL = 'generate-approve-execute';

describe('generate-approve-execute', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    await untilAllReady();
    tenant = await aTenant('approval');
  });
  afterAll(() => untilAllReady());

  const propose = (question: string): Promise<Seen> => see(tenant, APPROVAL, { input: asking(question) });
  const decide = (threadId: string, resume: unknown): Promise<Seen> => see(tenant, APPROVAL, { threadId, resume });
  const stateOf = async (threadId: string) => (await tenant.client.threads.getState(threadId)).values;

  /** Tools that really ran for a thread, by the router's own record. */
  async function effects(threadId: string): Promise<string[]> {
    const { rows } = await asTenant(tenant.tenantId, (owner) =>
      owner.query<{ tool: string }>(
        `SELECT c.tool FROM tools.tool_calls c JOIN executions.runs r ON r.tenant_id = c.tenant_id AND r.run_id = c.run_id
         WHERE c.tenant_id = $1 AND r.thread_id = $2`,
        [tenant.tenantId, threadId],
      ),
    );
    return rows.map(({ tool }) => tool);
  }

  it('waits for a person before the tool is called, and calls it once approved', async () => {
    const waiting = await propose('echo good morning');
    expect(waiting.nodes).toEqual(['generate']);
    const schema: unknown = expect.objectContaining({ required: ['decision'] });
    expect(waiting.questions).toEqual([{ kind: 'approval', tool: 'everything__echo', args: { message: 'good morning' }, schema }]);
    const { client } = tenant;
    const thread = await client.threads.get(waiting.threadId);
    expect(thread.status).toBe('interrupted');
    expect(Object.values(thread.interrupts).flat()).toMatchObject([{ id: expect.any(String), value: { kind: 'approval' } }]);
    expect(await effects(waiting.threadId)).toEqual([]);

    const done = await decide(waiting.threadId, { decision: 'approve' });
    expect(done.nodes).toEqual(['approve', 'execute', 'conclude']);
    expect(done.custom).toEqual([{ phase: 'decided', decision: 'approve' }]);
    expect(await effects(waiting.threadId)).toEqual(['echo']);
    const values = await stateOf(waiting.threadId);
    expect(values).toMatchObject({ verdict: 'approved' });
    expect(answerOf(values)).toContain('Echo: good morning');
    expect((await client.threads.get(waiting.threadId)).status).toBe('idle');
  });

  it('calls the tool with the arguments of the person', async () => {
    const { threadId } = await propose('What is 2 plus 3?');
    await decide(threadId, { decision: 'edit', args: { a: 20, b: 30 } });
    const values = await stateOf(threadId);
    expect(values).toMatchObject({ verdict: 'edited', proposal: { tool: 'everything__get-sum', args: { a: 20, b: 30 } } });
    expect(messagesOf(values).flatMap((message) => message.tool_calls ?? [])).toMatchObject([{ args: { a: 20, b: 30 } }]);
    expect(answerOf(values)).toContain('The sum of 20 and 30 is 50.');
  });

  it('ends with the reason when the person rejects, and the conversation goes on', async () => {
    const { threadId } = await propose('echo secrets');
    const done = await decide(threadId, { decision: 'reject', reason: 'not outside of the house' });
    expect(done.nodes).toEqual(['approve', 'decline']);
    expect(await effects(threadId)).toEqual([]);
    const values = await stateOf(threadId);
    expect(values).toMatchObject({ verdict: 'rejected', reason: 'not outside of the house' });
    expect(textOf(messagesOf(values).at(-1)?.content)).toBe('Refused by a person: not outside of the house');
    const next = await see(tenant, APPROVAL, { threadId, input: asking('echo the weather') });
    expect(next.questions).toMatchObject([{ args: { message: 'the weather' } }]);
  });

  it('asks again, with the problem named, when the answer cannot be read', async () => {
    const { threadId } = await propose('echo hello');
    const again = await decide(threadId, 'yes, please');
    expect(again.questions).toMatchObject([{ kind: 'approval', args: { message: 'hello' }, problem: expect.stringContaining('"object"') }]);
    const third = await decide(threadId, { decision: 'reject' });
    expect(third.questions).toMatchObject([{ problem: expect.stringContaining('"reason"') }]);
    expect(await effects(threadId)).toEqual([]);
    await decide(threadId, { decision: 'approve' });
    expect(await effects(threadId)).toEqual(['echo']);
  });

  it('goes on with what the person asks instead of deciding; the model refuses a conversation with an open call', async () => {
    const { threadId } = await propose('echo first');
    const next = await see(tenant, APPROVAL, { threadId, input: asking('echo second') });
    expect(next.questions).toMatchObject([{ args: { message: 'second' } }]);
    await decide(threadId, { decision: 'approve' });
    expect(await effects(threadId)).toEqual(['echo']);
    expect(answerOf(await stateOf(threadId))).toContain('Echo: second');
  });

  it('goes on after kill -9 of the worker while the person thinks, and again while the run is under way', async () => {
    const { client, tenantId } = tenant;
    const { threadId } = await propose('echo still here slow:1500');
    const waitingWorker = killHard('worker');
    await untilBack('worker', waitingWorker);
    const run = await client.runs.create(threadId, APPROVAL, { command: { resume: { decision: 'approve' } } });
    await waitUntil('the tool was called', async () => (await readJournal(tenantId, run.run_id)).some((row) => row.type === 'tool.called.v1'));
    const busyWorker = killHard('worker');
    await untilBack('worker', busyWorker);
    await client.runs.join(threadId, run.run_id);
    const values = await stateOf(threadId);
    expect(values).toMatchObject({ verdict: 'approved' });
    expect(answerOf(values)).toContain('Echo: still here');
    expect(await effects(threadId)).toEqual(['echo']);
    const journal = await readJournal(tenantId, run.run_id);
    expect(journal.map((row) => row.seq)).toEqual(journal.map((_, index) => index + 1));
    expect(journal.at(-1)?.type).toBe('run.completed.v1');
    expect(journal.filter((row) => row.type === 'tool.called.v1')).toHaveLength(1);
  }, 120_000);
});

describe('sub-graphs', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('sub-graphs');
  });

  it('streams each sub-graph under a namespace of its own, and keeps its state apart', async () => {
    const waiting = await see(tenant, 'sub-graphs', { input: asking('What is 2 plus 3?') });
    expect(waiting.nodes).toEqual(['begin', 'research/think', 'research/act', 'research/observe', 'research/think', 'research', 'editing/write']);
    expect(waiting.namespaces.map((ns) => ns.split(':')[0])).toEqual(['research', 'editing']);
    expect(waiting.custom).toEqual([
      { phase: 'act', round: 1, tools: ['everything__get-sum'] },
      { phase: 'observe', round: 1, results: 1, failed: 0 },
      { phase: 'drafted', draft: 1 },
    ]);
    const state = await tenant.client.threads.getState(waiting.threadId);
    expect(Object.keys(state.values as object).sort()).toEqual(['draft', 'messages', 'verdict']);
    expect(state.next).toEqual(['editing']);
    const draft: unknown = expect.stringContaining('The sum of 2 and 3 is 5.');
    expect(state.tasks.flatMap((task) => task.interrupts)).toMatchObject([{ value: { kind: 'review', draft } }]);
  });

  it('is resumed inside of the sub-graph: revised, asked again after a wrong answer, accepted, published', async () => {
    const { threadId } = await see(tenant, 'sub-graphs', { input: asking('What is 4 plus 5?') });
    const resume = (answer: unknown): Promise<Seen> => see(tenant, 'sub-graphs', { threadId, resume: answer });
    const revised = await resume({ decision: 'revise', remarks: 'Say please.' });
    expect(revised.nodes).toEqual(['editing/review', 'editing/write']);
    expect(revised.questions).toMatchObject([{ draft: expect.stringContaining('Changed as asked: Say please.') }]);
    const wrong = await resume({ decision: 'fine' });
    expect(wrong.questions).toMatchObject([{ draft: expect.stringContaining('Say please.'), problem: expect.stringMatching(/^decision: /) }]);
    const done = await resume({ decision: 'accept' });
    expect(done.nodes).toEqual(['editing/review', 'editing', 'publish']);
    const { values } = await tenant.client.threads.getState(threadId);
    expect(values).toMatchObject({ verdict: 'accepted' });
    expect(messagesOf(values).at(-1)).toMatchObject({ name: 'report' });
    expect(answerOf(values)).toContain('The sum of 4 and 5 is 9.\n\nChanged as asked: Say please.');
  });
});
