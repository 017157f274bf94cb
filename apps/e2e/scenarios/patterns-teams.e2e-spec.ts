import { answerOf, messagesOf, textOf } from '../src/messages';
import { asking, see } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';
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
