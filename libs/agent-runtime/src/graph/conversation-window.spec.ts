import fc from 'fast-check';
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { Annotation, END, START, StateGraph, messagesStateReducer } from '@langchain/langgraph';
import { CALL_PORT_KEY, type CallPort, type ModelCall } from './call-port';
import { estimateTokens, totalTokens } from './count-tokens';
import { SUMMARY, summariseConversation } from './summarise-conversation';
import { trimConversation } from './trim-conversation';

type Turn = { readonly question: number; readonly calls: readonly number[]; readonly answer: number; readonly late: boolean };
const turn = fc.record({ question: fc.nat(400), calls: fc.array(fc.nat(400), { maxLength: 4 }), answer: fc.nat(400), late: fc.boolean() });

/** Turns with tool calls, several of one message among them; a person may speak while tools work. Ends anywhere. */
function conversation(turns: readonly Turn[], cut: number): BaseMessage[] {
  const all = turns.flatMap(({ question, calls, answer, late }, t): BaseMessage[] => {
    const ids = calls.map((_, i) => `t${t}c${i}`);
    const results = ids.map((id, i) => new ToolMessage({ id: `r${id}`, tool_call_id: id, content: 'x'.repeat(calls[i]!) }));
    return [
      new HumanMessage({ id: `q${t}`, content: 'q'.repeat(question) }),
      ...(ids.length === 0 ? [] : [new AIMessage({ id: `c${t}`, content: '', tool_calls: ids.map((id) => ({ id, name: 'tool', args: {} })) })]),
      ...results.slice(0, 1),
      ...(late ? [new HumanMessage({ id: `l${t}`, content: 'late' })] : []),
      ...results.slice(1),
      new AIMessage({ id: `a${t}`, content: 'a'.repeat(answer) }),
    ];
  });
  return [new SystemMessage({ id: 's', content: 'rules' }), ...all.slice(0, Math.max(1, all.length - cut))];
}

const callsOf = (messages: readonly BaseMessage[]): string[] =>
  messages.flatMap((message) => (AIMessage.isInstance(message) ? (message.tool_calls ?? []).map(({ id }) => id ?? '') : []));
const resultsOf = (messages: readonly BaseMessage[]): string[] => messages.flatMap((message) => (ToolMessage.isInstance(message) ? [message.tool_call_id] : []));

describe('trimConversation', () => {
  it('never tears a call from its results, begins with a person, and keeps the newest question', () => {
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 8 }), fc.nat(6), fc.integer({ min: 1, max: 1_500 }), (turns, cut, maxTokens) => {
        const all = conversation(turns, cut);
        const kept = trimConversation(all, { maxTokens });
        // In their order, nothing added.
        expect(kept).toEqual(all.filter((message) => kept.includes(message)));
        expect(kept[0]).toBe(all[0]);
        expect(HumanMessage.isInstance(kept[1])).toBe(true);
        expect(kept).toContain(all.findLast((message) => HumanMessage.isInstance(message)));
        const [calls, results] = [callsOf(kept), resultsOf(kept)];
        for (const id of results) expect(calls).toContain(id);
        // Every call that is shown has the results that it has in the whole conversation.
        expect(results.sort()).toEqual(resultsOf(all).filter((id) => calls.includes(id)).sort());
        if (totalTokens(all) <= maxTokens) expect(kept).toEqual(all);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps to the limit where that can be, and shows what came last where it cannot', () => {
    const all = conversation(Array.from({ length: 30 }, () => ({ question: 40, calls: [40, 40], answer: 40, late: false })), 0);
    const kept = trimConversation(all, { maxTokens: 300 });
    expect(totalTokens(kept)).toBeLessThanOrEqual(300);
    expect(kept.at(-1)).toBe(all.at(-1));
    expect(kept.length).toBeGreaterThan(6);
    const long = [new HumanMessage('q'), new AIMessage({ content: '', tool_calls: [{ id: '1', name: 't', args: {} }] }), new ToolMessage({ tool_call_id: '1', content: 'x'.repeat(9_000) })];
    expect(trimConversation(long, { maxTokens: 10 })).toEqual(long);
  });

  it('counts a reference as the text that it stands for', () => {
    const reference = { type: 'text', text: 'beginning', $blob: `sha256:${'0'.repeat(64)}`, bytes: 40_000, preview: 'beginning' };
    expect(estimateTokens(new HumanMessage({ content: [reference] }))).toBe(10_004);
  });
});

describe('summariseConversation', () => {
  const asked: ModelCall[] = [];
  const port: CallPort = {
    model: async (_, call) => {
      asked.push(call);
      return { message: { type: 'ai', content: 'they said hello' }, model: 'test' };
    },
    tool: () => Promise.reject(new Error('no tools')),
    agent: () => Promise.reject(new Error('no agents')),
  };
  async function inNode<T>(work: () => Promise<T>): Promise<T> {
    let result: T | undefined;
    const graph = new StateGraph(Annotation.Root({ done: Annotation<boolean>() }))
      .addNode('n', async () => {
        result = await work();
        return { done: true };
      })
      .addEdge(START, 'n')
      .addEdge('n', END)
      .compile();
    await graph.invoke({ done: false }, { configurable: { [CALL_PORT_KEY]: port } });
    return result!;
  }
  const all = conversation(Array.from({ length: 10 }, () => ({ question: 100, calls: [100], answer: 100, late: false })), 0).slice(1);

  it('puts one message in the place of the older ones, and leaves the newer ones as they are', async () => {
    const update = await inNode(() => summariseConversation(all, { maxTokens: 500, keepTokens: 200 }));
    const after = messagesStateReducer(all, update);
    expect(after[0]).toMatchObject({ content: `${SUMMARY}\nthey said hello` });
    expect(after.slice(1)).toEqual(all.slice(-(after.length - 1)));
    expect(after.length).toBeLessThan(all.length / 2);
    expect(asked.at(-1)).toMatchObject({ purpose: 'summarise', stream: false });
    for (const id of resultsOf(after)) expect(callsOf(after)).toContain(id);
    // and again, with the summary among the old
    const more = [...after, ...all.map((message) => Object.assign(Object.create(Object.getPrototypeOf(message) as object) as BaseMessage, message, { id: `again-${message.id}` }))];
    const again = messagesStateReducer(more, await inNode(() => summariseConversation(more, { maxTokens: 500, keepTokens: 200 })));
    expect(again.filter(({ text }) => text.startsWith(SUMMARY))).toHaveLength(1);
    expect(asked.at(-1)?.messages[1]?.content).toContain(SUMMARY);
  });

  it('does nothing while the conversation is short', async () => {
    const before = asked.length;
    expect(await inNode(() => summariseConversation(all, { maxTokens: 100_000 }))).toEqual([]);
    expect(asked).toHaveLength(before);
  });
});
