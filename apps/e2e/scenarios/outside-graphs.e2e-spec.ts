import { answerOf, messagesOf } from '../src/messages';
import { aTenant, type TestTenant } from '../src/tenant';

/** `apps/e2e/graphs`, which the stack of these tests was started with. */
describe('graphs of a folder outside of the workspace', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('outside-graphs');
  });

  it('are assistants beside our own, with picture and schemas', async () => {
    const { client } = tenant;
    const ids = (await client.assistants.search({ limit: 100 })).map((assistant) => assistant.graph_id);
    expect(ids).toEqual(expect.arrayContaining(['outside-agent', 'outside-words', 'plan-execute-review']));
    const { edges } = await client.assistants.getGraph('outside-agent');
    expect(edges.map(({ source, target, conditional }) => `${source}>${target}${conditional === true ? '?' : ''}`).sort()).toEqual([
      '__start__>think',
      'act>__end__?',
      'act>think?',
      'think>__end__?',
      'think>act?',
    ]);
    const schemas = await client.assistants.getSchemas('outside-agent');
    expect(schemas.state_schema).toMatchObject({ type: 'object', properties: { messages: {}, askedAt: { type: 'number' } } });
    expect((await client.assistants.getSchemas('outside-words')).input_schema).toMatchObject({ properties: { text: {}, words: {} } });
  });

  it('call models and tools, wait for a person and go on', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    const asked = await client.runs.wait(threadId, 'outside-agent', { input: { messages: [{ role: 'user', content: 'echo from outside' }] } });
    expect(asked).toMatchObject({ __interrupt__: [{ value: { question: 'May I?', tools: ['everything__echo'] } }] });
    const begun = Date.now();
    const done = await client.runs.wait(threadId, 'outside-agent', { command: { resume: 'yes' } });
    expect(messagesOf(done).map(({ type }) => type)).toEqual(['human', 'ai', 'tool', 'ai']);
    expect(answerOf(done)).toContain('Echo: from outside');
    // the clock of a node is that of its workflow task
    expect(Math.abs((done as { askedAt: number }).askedAt - begun)).toBeLessThan(30_000);
  });

  it('stop when the person says no', async () => {
    const { client } = tenant;
    const { thread_id: threadId } = await client.threads.create();
    await client.runs.wait(threadId, 'outside-agent', { input: { messages: [{ role: 'user', content: 'echo nothing' }] } });
    const done = await client.runs.wait(threadId, 'outside-agent', { command: { resume: 'not now' } });
    expect(answerOf(done)).toBe('I was told: not now');
  });

  it('may be plain CommonJS', async () => {
    const done = await tenant.client.runs.wait(null, 'outside-words', { input: { text: 'one two  three' } });
    expect(done).toMatchObject({ words: 3, echo: 'Echo: 3 words' });
  });
});
