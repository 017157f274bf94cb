import { answerTo } from '../answer-to.ts';
import { readConversation } from '../conversation.ts';
import { ChatRequest } from '../request.schema.ts';

const user = (content: string) => ({ role: 'user', content });
const said = (content: string) => ({ role: 'assistant', content });
const number = { type: 'number' };
const SUM = { type: 'function', function: { name: 'everything__get-sum', parameters: { type: 'object', properties: { a: number, b: number } } } };

/** What a role of an agent says. */
function ask(agent: string, role: string, messages: object[], { system = '', tools = [] as object[] } = {}) {
  const first = { role: 'system', content: `You are the ${role} of a ${agent} agent.\n${system}` };
  return answerTo(readConversation(ChatRequest.parse({ model: 'holdfast-dev', messages: [first, ...messages], tools })));
}

function text(...request: Parameters<typeof ask>): string {
  const answer = ask(...request);
  if (answer.kind !== 'text') throw new Error(`called ${answer.calls.map(({ name }) => name).join()}`);
  return answer.text;
}

const firstLine = (...request: Parameters<typeof ask>): string => text(...request).split('\n')[0]!;

describe('map-reduce', () => {
  it('is split at semicolons, and put together from the reports', () => {
    expect(text('map-reduce', 'splitter', [user('What is 1 plus 2; echo hi')])).toMatch(/^1\. What is 1 plus 2\n2\. echo hi\n\n\(Split by holdfast-dev/);
    const first = user('Report 1 (What is 1 plus 2):\nThe sum is 3.\n\n(Composed from 1 tool result by holdfast-dev, no.)');
    const joined = text('map-reduce', 'synthesiser', [user('Do both'), first, user('Report 2 (echo: hi):'), user('a long\ntext')]);
    expect(joined).toMatch(/^- 1 \(What is 1 plus 2\): The sum is 3\.\n- 2 \(echo: hi\): a long\ntext\n\n\(Joined from 2 reports by/);
  });

  it('does a task whatever stands before it', () => {
    expect(ask('map-reduce', 'worker', [user('All of it'), user('What is 4 plus 5?')], { tools: [SUM] })).toMatchObject({ calls: [{ args: { a: 4, b: 5 } }] });
  });
});

describe('debate', () => {
  const place = (n: number, round: number) => ({ system: `You are debater ${n} of 3, in round ${round} of 2.`, tools: [SUM] });

  it('is argued with tools, and knows the round before', () => {
    const question = user('What is 2 plus 3?');
    const quotes = [1, 2, 3].map((n) => user(`Answer of debater ${n}:\nx`));
    const [call] = (ask('debate', 'debater', [question, ...quotes], place(2, 2)) as { calls: readonly { id: string }[] }).calls;
    const exchange = [
      { role: 'assistant', content: null, tool_calls: [{ id: call!.id, function: { name: 'everything__get-sum', arguments: '{"a":2,"b":3}' } }] },
      { role: 'tool', tool_call_id: call!.id, content: 'The sum of 2 and 3 is 5.' },
    ];
    const argued = firstLine('debate', 'debater', [question, ...quotes, ...exchange], place(2, 2));
    expect(argued).toBe('Debater 2, round 2: The sum of 2 and 3 is 5. I have read 3 answers. I checked it again.');
  });

  it.each([
    ['complete', '2'],
    ['clear and short', '3'],
    ['correct', '1'],
  ])('is judged by what the judge weighs: %s', (lens, vote) => {
    const answers = ['four', 'the longest', 'x'].map((answer, i) => user(`Answer of debater ${i + 1}:\n${answer}`));
    expect(firstLine('debate', 'judge', [user('Well?'), ...answers], { system: `Above all weigh which answer is ${lens}.` })).toBe(`VOTE: ${vote}`);
  });
});

describe('handing over', () => {
  const question = user('Which folders are there?; what is 2 plus 3? slow:1');

  it('goes part by part to the right specialist, until all is reported', () => {
    const supervise = (...reports: string[]) => firstLine('supervisor', 'supervisor', [question, ...reports.map(user)]);
    expect(supervise()).toBe('HANDOFF: researcher: Which folders are there?');
    expect(supervise('Report of the researcher (Which folders are there?):\ntwo')).toBe('HANDOFF: clerk: what is 2 plus 3?');
    expect(supervise('Report of the researcher (Which folders are there?):\ntwo', 'Report of the clerk (what is 2 plus 3?):\n5')).toBe('FINISH');
  });

  it('goes to all specialists at once, as a list', () => {
    const assign = (content: string) => text('coordinator', 'coordinator', [user(content)]);
    expect(assign('Which folders are there?; what is 2 plus 3? slow:1')).toMatch(/^1\. researcher: Which folders are there\?\n2\. clerk: what is 2 plus 3\?\n\n\(Assigned/);
    expect(assign('Hello.')).toMatch(/^NONE\n/);
  });

  it('goes to the peer whose kind the question is', () => {
    expect(firstLine('swarm', 'guide', [user('What is 2 plus 3?')])).toBe('HANDOFF: clerk: What is 2 plus 3?');
    expect(firstLine('swarm', 'clerk', [user('Which packages are there?')])).toBe('HANDOFF: librarian: Which packages are there?');
    expect(ask('swarm', 'clerk', [user('What is 2 plus 3?'), said('HANDOFF: clerk: x')], { tools: [SUM] }).kind).toBe('calls');
    expect(firstLine('swarm', 'guide', [user('What is 2 plus 3?')], { system: 'You cannot hand over any more' })).toMatch(/^You said/);
  });
});

describe('branches', () => {
  it('are chosen by the kind of the question, also when it was asked before', () => {
    const route = (question: string) => firstLine('branch-and-loop', 'classifier', [user(question)]);
    expect(['What is 1 plus 1?', 'echo x', 'List the folders.', 'Hello.'].map(route)).toEqual(['compute', 'compute', 'look-up', 'talk']);
  });

  it('are sent back once when the question says so', () => {
    const conversation = [user('Hello. revise:once'), said('Hi.')];
    const check = (attempt: number) => firstLine('branch-and-loop', 'checker', conversation, { system: `This is attempt ${attempt} of 3.` });
    expect([check(1), check(2)]).toEqual(['REVISE: look again, and answer in full.', 'ACCEPT']);
  });
});

describe('reports', () => {
  it('tell the call that was made', () => {
    const exchange = [
      { role: 'assistant', content: null, tool_calls: [{ id: 'c', function: { name: 'everything__echo', arguments: '{"message":"b"}' } }] },
      { role: 'tool', tool_call_id: 'c', content: 'Echo: b' },
    ];
    const told = firstLine('generate-approve-execute', 'reporter', [user('echo a'), ...exchange]);
    expect(told).toBe('The call of everything__echo with {"message":"b"} returned: Echo: b');
  });

  it('are written from what was found, with the remarks heeded', () => {
    const messages = [user('How many?'), said('Two.\n\n(Answered by holdfast-dev, no.)')];
    expect(text('sub-graphs', 'writer', messages)).toMatch(/^Report on “How many\?”\n\nTwo\.\n\n\(Written by/);
    const again = text('sub-graphs', 'writer', [...messages, user('Draft:\nold'), user('Remarks:\nShorter.')]);
    expect(again).toContain('\n\nTwo.\n\nChanged as asked: Shorter.\n\n');
  });
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: {
      answer: { type: 'string', maxLength: 20 },
      n: { type: 'integer' },
      list: { type: 'array', items: { type: 'boolean' } },
      how: { enum: ['low', 'high'] },
    },
  };
  const system = `Rules.\nThe schema:\n${JSON.stringify(schema)}`;
  const found = user('What was found:\nThe sum is 42.');
  const format = (question: string, ...more: object[]): object => {
    const messages = [user(question), found, ...more];
    return JSON.parse(text('structured-output', 'formatter', messages, { system })) as object;
  };

  it('fits the schema, and says who wrote it where there is room', () => {
    expect(format('How much?')).toEqual({ answer: 'The sum is 42. (hold', n: 42, list: [true], how: 'low' });
  });

  it('lacks something when told to, once or always', () => {
    const invalid = user('INVALID:\nvalue: no answer');
    const written = [format('misfit:once'), format('misfit:once', said('{}'), invalid), format('misfit:on', said('{}'), invalid)];
    expect(written.map((value) => 'answer' in value)).toEqual([false, true, false]);
  });
});
