import type { Answer } from './answer.ts';
import { answerTo } from './answer-to.ts';
import { readConversation } from './conversation.ts';
import { ChatRequest } from './request.schema.ts';

type Message = Record<string, unknown>;

const tool = (name: string, properties: Record<string, unknown>): Record<string, unknown> => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties } },
});
const TOOLS = [
  tool('files__list_allowed_directories', {}),
  tool('files__list_directory', { path: { type: 'string' } }),
  tool('files__read_text_file', { path: { type: 'string' }, head: { type: 'number' } }),
  tool('everything__get-sum', { a: { type: 'number' }, b: { type: 'number' } }),
  tool('everything__echo', { message: { type: 'string' } }),
];
const FOLDERS: Record<string, string> = {
  '/w': '[DIR] apps\n[DIR] libs\n[DIR] node_modules\n[FILE] README.md',
  '/w/apps': '[DIR] worker\n[FILE] notes.md',
  '/w/libs': '[DIR] contracts\n[DIR] bare\n[DIR] .hidden',
};
const FILES: Record<string, string> = {
  '/w/apps/worker/README.md': '# @holdfast/worker\n\n![badge](x)\n\nRuns the agents.\nNothing else.\n\nMore.',
  '/w/libs/contracts/README.md': '# Contracts\n\n- list',
  '/w/libs/bare/package.json': '{ "name": "bare", "description": "Has only a manifest." }',
};

/** The outside world of these tests: what the real tools would return. */
function run(name: string, args: Record<string, unknown>): string {
  if (name.endsWith('list_allowed_directories')) return 'Allowed directories:\n/w';
  if (name.endsWith('list_directory')) return FOLDERS[String(args['path'])] ?? 'Error: ENOENT';
  if (name.endsWith('read_text_file')) return FILES[String(args['path'])] ?? 'Error: ENOENT: no such file';
  if (name.endsWith('get-sum')) return `The sum of ${args['a']} and ${args['b']} is ${Number(args['a']) + Number(args['b'])}.`;
  return `Echo: ${String(args['message'])}`;
}

function ask(messages: Message[], phase = 'executor', extra: Message = {}): Answer {
  const system = { role: 'system', content: `You are the ${phase} of a plan-execute-review agent.\nMore rules.` };
  return answerTo(readConversation(ChatRequest.parse({ model: 'holdfast-dev', tools: TOOLS, messages: [system, ...messages], ...extra })));
}

/** Runs the executor's loop until it answers with text; returns the conversation and that text. */
function loop(question: string): { messages: Message[]; text: string; rounds: number; ids: string[] } {
  const messages: Message[] = [{ role: 'user', content: question }];
  const ids: string[] = [];
  for (let rounds = 0; rounds < 10; rounds++) {
    const answer = ask(messages);
    if (answer.kind === 'text') return { messages: [...messages, { role: 'assistant', content: answer.text }], text: answer.text, rounds, ids };
    ids.push(...answer.calls.map((c) => c.id));
    messages.push({ role: 'assistant', content: null, tool_calls: answer.calls.map((c) => ({ id: c.id, type: 'function', function: { name: c.name, arguments: JSON.stringify(c.args) } })) });
    for (const c of answer.calls) messages.push({ role: 'tool', tool_call_id: c.id, content: run(c.name, { ...c.args }) });
  }
  throw new Error('the executor never answered');
}

describe('the executor', () => {
  const question = 'Which packages does this workspace contain and what is each for?';

  it('surveys the workspace with real calls and answers with what they returned', () => {
    const { text, rounds, ids } = loop(question);
    expect(text).toContain('3 packages in 2 folders');
    expect(text).toContain('`apps/worker`: Runs the agents. Nothing else.');
    expect(text).toContain('`libs/contracts`: Contracts');
    expect(text).toContain('`libs/bare`: Has only a manifest.');
    expect(text).toContain('holdfast-dev');
    expect(text).not.toContain('node_modules');
    expect(rounds).toBe(5);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('says the same thing again for the same request', () => {
    expect(loop(question)).toEqual(loop(question));
  });

  it('reads READMEs in parallel', () => {
    const { messages } = loop(question);
    const widest = Math.max(...messages.map((m) => (m['tool_calls'] as unknown[] | undefined)?.length ?? 0));
    expect(widest).toBe(3);
  });

  it('adds numbers with the tool, two at a time', () => {
    const { text, rounds } = loop('What is the sum of 2, 3 and 40?');
    expect(text).toContain('is 45.');
    expect(rounds).toBe(2);
  });

  it('echoes through the tool', () => {
    expect(loop('echo hello there').text).toContain('Echo: hello there');
  });

  it('starts over when a new question follows an answered one', () => {
    const { messages } = loop('echo one');
    const answer = ask([...messages, { role: 'user', content: 'echo two' }]);
    expect(answer).toMatchObject({ kind: 'calls', calls: [{ args: { message: 'two' } }] });
  });

  it('says what it is when no rule fits or no tool may be called', () => {
    const answer = ask([{ role: 'user', content: 'How are you?' }]);
    expect(answer).toMatchObject({ kind: 'text' });
    expect(answer.kind === 'text' && answer.text).toContain('development model');
    expect(ask([{ role: 'user', content: 'echo x' }], 'executor', { tool_choice: 'none' }).kind).toBe('text');
  });

  it('says what is missing when the file tools are not offered', () => {
    const answer = ask([{ role: 'user', content: question }], 'executor', { tools: [] });
    expect(answer.kind === 'text' && answer.text).toContain('cannot survey the workspace');
  });
});

describe('the planner', () => {
  it('makes numbered steps from the question', () => {
    const answer = ask([{ role: 'user', content: 'Which packages are in the workspace?' }], 'planner');
    expect(answer.kind === 'text' && answer.text).toMatch(/^1\. Ask which folder[\s\S]*4\. /);
  });
});

describe('the reviewer', () => {
  it('accepts an answer that mentions every listed folder', () => {
    const { messages } = loop('List the packages of this workspace.');
    const verdict = ask(messages, 'reviewer');
    expect(verdict.kind === 'text' && verdict.text).toMatch(/^ACCEPT: the answer mentions all 3/);
  });

  it('sends back an answer that lacks one, and the executor then completes it', () => {
    const { messages, text } = loop('List the packages of this workspace. revise:once');
    expect(text).not.toContain('libs/bare');
    const verdict = ask(messages, 'reviewer');
    const objection = verdict.kind === 'text' ? verdict.text : '';
    expect(objection).toMatch(/^REVISE: the answer does not mention libs\/bare\./);
    const again = ask([...messages, { role: 'user', content: objection }]);
    expect(again.kind === 'text' && again.text).toContain('libs/bare');
  });

  it('sends back an empty answer', () => {
    const verdict = ask([{ role: 'user', content: 'Hello' }], 'reviewer');
    expect(verdict.kind === 'text' && verdict.text).toMatch(/^REVISE:/);
  });
});
