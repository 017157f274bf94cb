import { GRAPHS } from '@holdfast/graph-definitions';
import { answerOf, joinChunks, messagesOf, textOf } from '../src/messages';
import { asking, see } from '../src/pattern-runs';
import { aTenant, type TestTenant } from '../src/tenant';
import { readWorkspace, SAMPLE_QUESTION } from '../src/workspace';

describe('react', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('react');
  });

  it('thinks, acts and observes until it can answer; every word of it is streamed', async () => {
    const seen = await see(tenant, 'react', { input: asking('What is the sum of 2, 3 and 40? drip:on') });
    expect(seen.nodes).toEqual(['think', 'act', 'observe', 'think', 'act', 'observe', 'think']);
    expect(seen.custom).toEqual([1, 2].flatMap((round) => [
      { phase: 'act', round, tools: ['everything__get-sum'] },
      { phase: 'observe', round, results: 1, failed: 0 },
    ]));
    const { values } = await tenant.client.threads.getState(seen.threadId);
    expect(answerOf(values)).toContain('The sum of 2 and 3 and 40 is 45.');
    expect(values).toMatchObject({ rounds: 2, failures: 0, outcome: 'answered' });
    const said = joinChunks(seen.parts);
    for (const message of messagesOf(values).filter(({ type }) => type !== 'human')) expect(said.get(message.id ?? '')).toBe(textOf(message.content));
  });

  it('looks into the real workspace, ten tool calls and more', async () => {
    const seen = await see(tenant, 'react', { input: asking(SAMPLE_QUESTION) });
    const { values } = await tenant.client.threads.getState(seen.threadId);
    for (const { folder } of readWorkspace()) expect(answerOf(values)).toContain(`\`${folder}\``);
  });

  it('answers when its rounds are used up', async () => {
    const input = asking('What is the sum of 2, 3 and 40?');
    const values = await tenant.client.runs.wait(null, 'react', { input, config: { configurable: { max_rounds: 1 } } });
    expect(values).toMatchObject({ rounds: 1, outcome: 'out-of-rounds' });
    expect(messagesOf(values).filter(({ type }) => type === 'tool')).toHaveLength(1);
    expect(() => answerOf(values)).not.toThrow();
  });
});

describe('branch-and-loop', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('branch');
  });

  it.each([
    ['What is 2 plus 3?', 'compute', 'The sum of 2 and 3 is 5.'],
    [SAMPLE_QUESTION, 'look-up', '`libs/contracts`'],
    ['Hello.', 'talk', 'You said: “Hello.”'],
  ])('goes its way with %j', async (question, route, answer) => {
    const seen = await see(tenant, 'branch-and-loop', { input: asking(question) });
    expect(seen.nodes).toEqual(['classify', route, 'check']);
    const { values } = await tenant.client.threads.getState(seen.threadId);
    expect(values).toMatchObject({ route, attempts: 1, verdict: 'accepted' });
    expect(answerOf(values)).toContain(answer);
  });

  it('tries again when the checker sends the answer back, and only the last answer stays', async () => {
    const seen = await see(tenant, 'branch-and-loop', { input: asking('What is 20 plus 3? revise:once') });
    expect(seen.nodes).toEqual(['classify', 'compute', 'check', 'compute', 'check']);
    expect(seen.custom).toMatchObject([{ phase: 'classified' }, { attempt: 1, verdict: 'sent-back' }, { attempt: 2, verdict: 'accepted' }]);
    const { values } = await tenant.client.threads.getState(seen.threadId);
    expect(messagesOf(values).map(({ type }) => type)).toEqual(['human', 'ai']);
    expect(answerOf(values)).toContain('The sum of 20 and 3 is 23.');
  });
});

describe('structured-output', () => {
  let tenant: TestTenant;
  beforeAll(async () => {
    tenant = await aTenant('structured');
  });

  it('gives out what fits the declared schema, after showing the model what did not', async () => {
    const seen = await see(tenant, 'structured-output', { input: asking('What is 2 plus 3? misfit:once') });
    expect(seen.nodes).toEqual(['work', 'format', 'validate', 'format', 'validate']);
    expect(seen.custom).toEqual([
      { phase: 'validated', attempt: 1, problems: [expect.stringContaining('"answer"')] },
      { phase: 'validated', attempt: 2, problems: [] },
    ]);
    const { values } = await tenant.client.threads.getState(seen.threadId);
    expect(values).toMatchObject({ output: { answer: expect.stringContaining('The sum of 2 and 3 is 5.'), facts: [expect.any(String)], confidence: 'low' } });
    expect(JSON.parse(answerOf(values))).toEqual((values as { output: unknown }).output);
  });

  it('takes the schema of the assistant', async () => {
    const properties = { total: { type: 'integer' }, checked: { type: 'boolean' } };
    const schema = { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
    const { assistant_id: id } = await tenant.client.assistants.create({ graphId: 'structured-output', config: { configurable: { output_schema: schema } } });
    expect(await tenant.client.runs.wait(null, id, { input: asking('What is 20 plus 3?') })).toMatchObject({ output: { total: 23, checked: true } });
  });

  it('fails, and says why, when the model cannot do it', async () => {
    const { thread_id: threadId } = await tenant.client.threads.create();
    const result = await tenant.client.runs.wait(threadId, 'structured-output', { input: asking('What is 2 plus 3? misfit:on'), raiseError: false });
    expect(result).toMatchObject({ __error__: { error: 'MODEL_MALFORMED_REPLY', message: expect.stringMatching(/after 3 attempts.*"answer"/) } });
    expect((await tenant.client.threads.getState(threadId)).values).toMatchObject({ output: null });
  });

  it('refuses a schema that cannot be used', async () => {
    const configurable = { output_schema: { type: 'object', properties: { a: { $ref: '#/$defs/none' } } } };
    const result = await tenant.client.runs.wait(null, 'structured-output', { input: asking('Hello.'), config: { configurable }, raiseError: false });
    expect(result).toMatchObject({ __error__: { error: 'INVALID_ARGUMENT', message: expect.stringContaining('output_schema') } });
  });
});

describe('every graph of the catalogue', () => {
  it('is an assistant with schemas and a drawing', async () => {
    const { client } = await aTenant('patterns');
    for (const { graphId: name } of GRAPHS) {
      const { assistant_id: id } = await client.assistants.get(name);
      const schemas = await client.assistants.getSchemas(id);
      const type = 'object';
      expect(schemas).toMatchObject({ graph_id: name, input_schema: { type }, output_schema: { type }, state_schema: { type }, config_schema: { type } });
      const { nodes, edges } = await client.assistants.getGraph(id);
      expect(nodes.length).toBeGreaterThan(3);
      expect(edges.length).toBeGreaterThan(3);
    }
  });
});
