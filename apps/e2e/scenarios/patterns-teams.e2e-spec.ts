import { CALL_ID } from '@holdfast/contracts/messages';
import { readJournal } from '../src/database';
import { answerOf, joinChunks, messagesOf, textOf } from '../src/messages';
import { asking, see } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';
import { waitUntil } from '../src/wait-until';
import { listExecutions } from '../src/workflows';
import { SAMPLE_QUESTION } from '../src/workspace';

/** Tools that a conversation has results of. */
const toolsIn = (values: unknown): (string | null | undefined)[] => messagesOf(values).filter(({ type }) => type === 'tool').map(({ name }) => name);

describe('supervisor', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('supervisor');
  });

  it('hands each part to the right specialist, and answers from their reports', async () => {
    const question = 'Which packages does this workspace contain?; What is 2 plus 3?';
    const seen = await see(tenant, 'supervisor', { input: asking(question) });
    expect(seen.nodes).toEqual(['receive', 'supervisor', 'researcher', 'supervisor', 'clerk', 'supervisor', 'answer']);
    expect(seen.custom).toEqual([
      { phase: 'handoff', to: 'researcher', task: 'Which packages does this workspace contain?' },
      { phase: 'handoff', to: 'clerk', task: 'What is 2 plus 3?' },
    ]);
    const { values } = await tenant.client.threads.getState(seen.threadId);
    const { reports } = values as { reports: { specialist: string; content: unknown }[] };
    expect(reports.map(({ specialist }) => specialist)).toEqual(['researcher', 'clerk']);
    expect(textOf(reports[0]?.content)).toContain('`libs/contracts`');
    expect(answerOf(values)).toMatch(/`libs\/contracts`[\s\S]*The sum of 2 and 3 is 5\./);
    expect(messagesOf(values).map(({ type }) => type)).toEqual(['human', 'ai']);
  });

  it('stops handing over at the limit of the assistant', async () => {
    const input = asking('echo a; echo b; echo c');
    const values = await tenant.client.runs.wait(null, 'supervisor', { input, config: { configurable: { max_handoffs: 2 } } });
    expect(values).toMatchObject({ handoffs: 2, reports: [{ task: 'echo a' }, { task: 'echo b' }] });
    expect(answerOf(values)).not.toContain('Echo: c');
  });

  it('gives a specialist the tools of the assistant', async () => {
    const values = await tenant.client.runs.wait(null, 'supervisor', { input: asking('echo a'), config: { configurable: { clerk_tools: ['filesystem__*'] } } });
    expect(answerOf(values)).toContain('none of my rules fits');
  });
});

describe('coordinator', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('coordinator');
  });

  it('has specialists work at the same time as agents of their own, shows their steps and words, and answers from their reports', async () => {
    const seen = await see(tenant, 'coordinator', { input: asking('Which packages does this workspace contain?; What is 20 plus 3?; echo well') });
    expect(seen.nodes.filter((node) => !node.includes('/'))).toEqual(['assign', 'delegate', 'delegate', 'delegate', 'synthesise']);
    const ofAgents = seen.nodes.filter((node) => node.startsWith('delegate/react/'));
    expect(new Set(ofAgents)).toEqual(new Set(['think', 'act', 'observe'].map((node) => `delegate/react/${node}`)));
    expect(seen.namespaces).toHaveLength(3);
    const { values } = await tenant.client.threads.getState(seen.threadId);
    const { findings } = values as { findings: { specialist: string; outcome: string; content: unknown; spent: { calls: number } }[] };
    expect(findings.map(({ specialist, outcome }) => [specialist, outcome])).toEqual([['researcher', 'done'], ['clerk', 'done'], ['clerk', 'done']]);
    expect(findings.every(({ spent }) => spent.calls >= 3)).toBe(true);
    expect(answerOf(values)).toMatch(/`libs\/contracts`[\s\S]*The sum of 20 and 3 is 23\.[\s\S]*Echo: well/);
    const said = joinChunks(seen.parts);
    expect([...said.values()].some((text) => text.includes('The sum of 20 and 3 is 23.'))).toBe(true);
    const journal = await readJournal(tenant.tenantId, seen.runId);
    const called = journal.filter((row) => row.type === 'tool.called.v1').map((row) => (row.data as { call_id: string }).call_id);
    expect(called.length).toBeGreaterThanOrEqual(4);
    for (const id of called) expect(id).toMatch(new RegExp(`^${CALL_ID}/${CALL_ID}$`));
    expect(new Set(called).size).toBe(called.length);
  });

  it('ends a specialist that uses up its budget, and says what was not done', async () => {
    const input = asking('What is the sum of 1, 2, 3, 4 and 5?; echo hi');
    const values = await tenant.client.runs.wait(null, 'coordinator', { input, config: { configurable: { max_calls: 4 } } });
    expect(values).toMatchObject({ findings: [{ outcome: 'BUDGET_EXCEEDED', spent: null }, { outcome: 'done', spent: { calls: 3 } }] });
    expect(answerOf(values)).toMatch(/Not done[\s\S]*Echo: hi/);
  });

  it('is cancelled with its specialists within 2 s', async () => {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const input = asking('What is the sum of 1, 2, 3, 4 and 5?; echo hi slow:3000');
    const { run_id: runId } = await tenant.client.runs.create(threadId, 'coordinator', { input });
    const open = async () => {
      const all = await listExecutions(tenant.tenantId);
      return all.filter(({ workflowId, status }) => workflowId.includes(threadId) && status === 'RUNNING').length;
    };
    await waitUntil('the specialists work', async () => (await open()) === 3);
    const begun = performance.now();
    await tenant.client.runs.cancel(threadId, runId, true, 'interrupt');
    await waitUntil('all workflows are over', async () => (await open()) === 0);
    // Temporal's list of workflows is up to a second behind.
    expect(performance.now() - begun).toBeLessThan(3_500);
  });
});

describe('swarm', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('swarm');
  });

  it('hands over from peer to peer, and the last speaker goes on in the next run', async () => {
    const first = await see(tenant, 'swarm', { input: asking('What is 2 plus 3?') });
    expect(first.nodes).toEqual(['enter', 'guide', 'clerk', 'tools', 'clerk']);
    expect(first.custom).toEqual([{ phase: 'handoff', from: 'guide', to: 'clerk', task: 'What is 2 plus 3?' }]);
    const { threadId } = first;
    const { values } = await tenant.client.threads.getState(threadId);
    expect(values).toMatchObject({ active: 'clerk', handoffs: 1 });
    expect(answerOf(values)).toContain('The sum of 2 and 3 is 5.');

    const second = await see(tenant, 'swarm', { threadId, input: asking('echo well done') });
    expect(second.nodes).toEqual(['enter', 'clerk', 'tools', 'clerk']);
    const third = await see(tenant, 'swarm', { threadId, input: asking(SAMPLE_QUESTION) });
    expect(third.nodes.slice(0, 3)).toEqual(['enter', 'clerk', 'librarian']);
    const { values: last } = await tenant.client.threads.getState(threadId);
    expect(last).toMatchObject({ active: 'librarian', handoffs: 1 });
    expect(answerOf(last)).toContain('`libs/contracts`');
    expect(messagesOf(last).at(-1)).toMatchObject({ name: 'librarian' });
    const ofFiles = ['list_allowed_directories', 'list_directory', 'read_text_file'].map((tool) => `filesystem__${tool}`);
    expect(new Set(toolsIn(last))).toEqual(new Set(['everything__get-sum', 'everything__echo', ...ofFiles]));
  });
});
