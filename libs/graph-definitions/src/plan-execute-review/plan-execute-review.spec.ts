import type { BaseMessage } from '@langchain/core/messages';
import { type CallPort, CALL_PORT_KEY } from '@holdfast/agent-runtime/graph';
import { ScriptedPort } from '../testing/scripted-port';
import { LIMITS } from './limits';
import { planExecuteReview } from './plan-execute-review.graph';
import type { PlanExecuteReviewState } from './state';

interface Invocable {
  invoke(input: unknown, config: unknown): Promise<PlanExecuteReviewState>;
}

function run(port: CallPort, input: { messages: unknown[] } & Partial<Omit<PlanExecuteReviewState, 'messages'>>, configurable = {}) {
  const graph = planExecuteReview.build() as unknown as Invocable;
  return graph.invoke(input, { recursionLimit: 200, configurable: { ...configurable, [CALL_PORT_KEY]: port } });
}

const question = { messages: [{ role: 'user', content: 'Which packages are there?' }] };
const shapes = (messages: readonly BaseMessage[]) =>
  messages.map((message) => [message.getType(), message.text || (message as { tool_calls?: unknown[] }).tool_calls?.length]);

describe('plan-execute-review', () => {
  it('plans, calls tools at the same time until it can answer, and ends with the accepted answer', async () => {
    const port = new ScriptedPort({
      plan: ['1. Look\n2) Tell\n\n(made up)'],
      execute: [{ tools: ['filesystem__list', 'filesystem__read'] }, { tools: ['filesystem__read'] }, 'There are two.'],
      review: ['ACCEPT: fine'],
    });
    const state = await run(port, question);
    expect(shapes(state.messages)).toEqual([
      ['human', 'Which packages are there?'],
      ['ai', '1. Look\n2) Tell\n\n(made up)'],
      ['ai', 2],
      ['tool', 'result of filesystem__list'],
      ['tool', 'result of filesystem__read'],
      ['ai', 1],
      ['tool', 'result of filesystem__read'],
      ['ai', 'There are two.'],
    ]);
    expect(state).toMatchObject({ steps: ['Look', 'Tell'], verdict: 'accepted', revisions: 0, rounds: 3 });
    expect(port.toolCalls.map(({ toolCallId }) => toolCallId)).toEqual(['execute-0-0', 'execute-0-1', 'execute-1-0']);
  });

  it('asks each phase by its own first line, streams what is for people, and offers tools to the executor only', async () => {
    const port = new ScriptedPort({ plan: ['1. Do'], execute: ['done'], review: ['ACCEPT'] });
    await run(port, question, { tools: ['x__*'], model: 'big' });
    const first = (node: string) => port.of(node)[0]!;
    expect(['plan', 'execute', 'review'].map((node) => String(first(node).messages[0]!.content).split('\n')[0])).toEqual([
      'You are the planner of a plan-execute-review agent.',
      'You are the executor of a plan-execute-review agent.',
      'You are the reviewer of a plan-execute-review agent.',
    ]);
    expect(['plan', 'execute', 'review'].map((node) => [first(node).tools, first(node).stream, first(node).params])).toEqual([
      [undefined, true, { model: 'big' }],
      [{ include: ['x__*'] }, true, { model: 'big' }],
      [undefined, false, { model: 'big' }],
    ]);
    expect(first('execute').messages.slice(1).map((message) => message.type)).toEqual(['human']);
    expect(first('review').messages.at(-1)).toMatchObject({ type: 'ai', content: 'done' });
  });

  it('mends the answer that the reviewer sends back, telling the executor why', async () => {
    const port = new ScriptedPort({ plan: ['1. Do'], execute: ['poor', 'better'], review: ['REVISE: name all of them', 'ACCEPT'] });
    const state = await run(port, question);
    expect(port.of('execute')[1]!.messages.at(-1)).toMatchObject({ type: 'human', content: 'REVISE: name all of them' });
    expect(state.messages.at(-1)?.text).toBe('better');
    expect(state).toMatchObject({ verdict: 'accepted', revisions: 1, feedback: '' });
    expect(state.messages.some((message) => message.text.startsWith('REVISE'))).toBe(false);
  });

  it('gives the answer as it stands after two revisions', async () => {
    const port = new ScriptedPort({ plan: ['1. Do'], execute: ['poor'], review: ['REVISE: again'] });
    const state = await run(port, question);
    expect([port.of('execute').length, port.of('review').length]).toEqual([LIMITS.revisions + 1, LIMITS.revisions + 1]);
    expect(state).toMatchObject({ verdict: 'limit-reached', feedback: 'again' });
  });

  it('makes an executor answer that would call tools for ever', async () => {
    const port = new ScriptedPort({ plan: ['1. Do'], execute: [{ tools: ['a__b'] }], review: ['ACCEPT'] });
    await run(port, question);
    const offered = port.of('execute').map((call) => call.tools !== undefined);
    expect(offered).toEqual([...Array<boolean>(LIMITS.toolRounds).fill(true), false]);
    expect(port.toolCalls).toHaveLength(LIMITS.toolRounds);
  });

  it('starts its counters anew for the next question of the conversation', async () => {
    const first = await run(new ScriptedPort({ plan: ['1. Do'], execute: ['poor'], review: ['REVISE: no'] }), question);
    const port = new ScriptedPort({ plan: ['1. Other'], execute: ['good'], review: ['ACCEPT'] });
    const second = await run(port, { ...first, messages: [...first.messages, { role: 'user', content: 'And now?' }] });
    expect(second).toMatchObject({ steps: ['Other'], revisions: 0, rounds: 1, verdict: 'accepted', feedback: '' });
    expect(port.of('plan')[0]!.messages.map((message) => message.type)).toEqual(['system', 'human', 'ai', 'ai', 'ai', 'human']);
  });
});
