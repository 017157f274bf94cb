import type { BaseMessage } from '@langchain/core/messages';
import type { AiMessageDto } from '@holdfast/contracts/messages';
import { type CallPort, type CallSite, type ModelCall, CALL_PORT_KEY } from '@holdfast/agent-runtime/graph';
import { LIMITS } from './limits';
import { objectionOf, stepsOf } from './model-texts';
import { planExecuteReview } from './plan-execute-review.graph';
import type { PlanExecuteReviewState } from './state';

type Answer = string | { readonly tools: readonly string[] };

/** A model that answers each phase from its list (the last answer repeats), and tools that say what they were asked. */
class ScriptedPort implements CallPort {
  readonly calls: { readonly node: string; readonly call: ModelCall }[] = [];
  readonly toolCalls: string[] = [];

  constructor(private readonly script: Readonly<Record<'plan' | 'execute' | 'review', readonly Answer[]>>) {}

  async model({ node }: CallSite, call: ModelCall) {
    const turn = this.calls.filter((earlier) => earlier.node === node).length;
    this.calls.push({ node, call });
    const answers = this.script[node as keyof typeof this.script];
    const answer = answers[Math.min(turn, answers.length - 1)]!;
    const id = `${node}-${turn}`;
    const message: AiMessageDto =
      typeof answer === 'string'
        ? { type: 'ai', id, content: answer }
        : { type: 'ai', id, content: '', tool_calls: answer.tools.map((name, i) => ({ id: `${id}-${i}`, name, args: { i } })) };
    return { message, model: 'scripted' };
  }

  async tool(_: CallSite, { name, toolCallId }: { name: string; toolCallId: string }) {
    this.toolCalls.push(toolCallId);
    return {
      message: { type: 'tool' as const, tool_call_id: toolCallId, content: `result of ${name}` },
      outcome: { status: 'ok' as const, server: 's', tool: name, effect: 'read' as const, duration_ms: 1, bytes: 1, truncated: false, arguments_sha256: '' },
    };
  }

  of(node: string): ModelCall[] {
    return this.calls.filter((call) => call.node === node).map(({ call }) => call);
  }
}

interface Invocable {
  invoke(input: unknown, config: unknown): Promise<PlanExecuteReviewState>;
}

function run(port: CallPort, input: { messages: unknown[] } & Partial<Omit<PlanExecuteReviewState, 'messages'>>, configurable = {}) {
  const graph = planExecuteReview.build() as unknown as Invocable;
  return graph.invoke(input, { recursionLimit: 200, configurable: { ...configurable, [CALL_PORT_KEY]: port } });
}

const question = { messages: [{ role: 'user', content: 'Which packages are there?' }] };
const shapes = (messages: readonly BaseMessage[]) => messages.map((message) => [message.getType(), message.text || (message as { tool_calls?: unknown[] }).tool_calls?.length]);

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
    expect(port.toolCalls).toEqual(['execute-0-0', 'execute-0-1', 'execute-1-0']);
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

describe('texts of models', () => {
  it('give steps: numbered lines, or the whole text, never too many', () => {
    expect(stepsOf('Plan:\n 1. a \n2) b\nnote', 8)).toEqual(['a', 'b']);
    expect(stepsOf('  just do it ', 8)).toEqual(['just do it']);
    expect(stepsOf('', 8)).toEqual([]);
    expect(stepsOf(Array.from({ length: 20 }, (_, i) => `${i}. s`).join('\n'), 8)).toHaveLength(8);
  });

  it('are an objection only when they clearly are', () => {
    expect(objectionOf('REVISE: more\nplease')).toBe('more\nplease');
    expect(objectionOf('  REVISE')).toBe('The reviewer gave no reason.');
    expect(objectionOf('ACCEPT')).toBeUndefined();
    expect(objectionOf('I would not REVISE this')).toBeUndefined();
  });
});
