import { AIMessage, HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { Annotation, Command, END, START, StateGraph, interrupt, messagesStateReducer } from '@langchain/langgraph';
import { WorkflowSaver } from './saver';
import { packSaved, unpackSaved } from './saved-state';

const State = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: messagesStateReducer, default: () => [] }),
  answer: Annotation<string>(),
});
const seen: string[] = [];
const graph = new StateGraph(State)
  .addNode('say', (state) => {
    seen.push('say');
    return { messages: [new AIMessage({ id: 'ai1', content: `to ${state.messages.length}`, tool_calls: [{ id: 'c', name: 't', args: { a: 1 } }] })] };
  })
  .addNode('side', () => {
    seen.push('side');
    return {};
  })
  .addNode('ask', () => ({ answer: interrupt<string, string>('well?') }))
  .addEdge(START, 'say').addEdge('say', 'ask').addEdge('say', 'side').addEdge('ask', END).addEdge('side', END)
  .compile();
const withSaver = (saver: WorkflowSaver) => ({ configurable: { thread_id: 't', __pregel_checkpointer: saver }, durability: 'async' as const });

describe('WorkflowSaver', () => {
  it('carries messages, pending writes and interrupts through its dump', async () => {
    const saver = new WorkflowSaver();
    await graph.invoke({ messages: [new HumanMessage({ id: 'h1', content: 'hi' })] }, withSaver(saver));
    const copy = await WorkflowSaver.load(await saver.dump());
    expect(copy.headId).toBe(saver.headId);
    const state = await graph.getState(withSaver(copy));
    expect(state.next).toEqual(['ask']);
    expect(state.values.messages[1]).toBeInstanceOf(AIMessage);
    expect(state.values.messages[1]).toMatchObject({ id: 'ai1', content: 'to 1', tool_calls: [{ id: 'c', name: 't', args: { a: 1 } }] });
    expect(state.tasks.find((task) => task.name === 'ask')?.interrupts).toEqual([{ id: expect.any(String), value: 'well?' }]);
    expect(state).toEqual(await graph.getState(withSaver(saver)));
  });

  it('goes on from a dump without repeating what was done, also the finished sibling of the step', async () => {
    const saver = new WorkflowSaver();
    await graph.invoke({ messages: [new HumanMessage('hi')] }, withSaver(saver));
    seen.length = 0;
    const result = await graph.invoke(new Command({ resume: 'fine' }), withSaver(await WorkflowSaver.load(await saver.dump())));
    expect(result.answer).toBe('fine');
    expect(seen).toEqual([]);
  });

  it('keeps the checkpoints since the last commit, knows their parents, and forgets them then', async () => {
    const saver = new WorkflowSaver();
    const ids: string[] = [];
    for await (const [mode, chunk] of await graph.stream({ messages: [new HumanMessage('hi')] }, { ...withSaver(saver), streamMode: ['checkpoints'] })) {
      expect(mode).toBe('checkpoints');
      ids.push((chunk as unknown as { config: { configurable: { checkpoint_id: string } } }).config.configurable.checkpoint_id);
    }
    expect(ids).toHaveLength(3);
    expect(ids.map((id) => saver.parentOf(id))).toEqual([null, ids[0], ids[1]]);
    const middle = await WorkflowSaver.load(await saver.dump(ids[1]));
    expect((await graph.getState(withSaver(middle))).next).toEqual(['say']);
    saver.forgetOlder();
    await expect(saver.dump(ids[1])).rejects.toThrow(/not in memory/);
    expect(saver.parentOf(ids[2]!)).toBe(ids[1]);
  });

  it('starts empty without a dump', async () => {
    const saver = await WorkflowSaver.load(null);
    expect(saver.headId).toBeUndefined();
    expect(await saver.getTuple({ configurable: { thread_id: 't' } })).toBeUndefined();
  });
});

describe('saved state', () => {
  it('carries the counters of its own run only', () => {
    const saved = packSaved({ runId: 'r', originRunId: 'o', steps: 2 }, 'line one\nline two');
    expect(unpackSaved(saved, 'r', false)).toEqual({ dump: 'line one\nline two', run: { runId: 'r', originRunId: 'o', callNaming: 'place', steps: 2 } });
    expect(unpackSaved(saved, 'other', false).run).toEqual({ runId: 'other', originRunId: 'other', steps: 0 });
    expect(unpackSaved(null, 'r', true)).toEqual({ dump: null, run: { runId: 'r', originRunId: 'r', steps: 0 } });
    expect(unpackSaved(packSaved(null, 'd'), '', true)).toEqual({ dump: 'd', run: { runId: '', originRunId: '', steps: 0 } });
  });

  it('hands its ledgers on to a run that goes on from it', () => {
    const saved = packSaved({ runId: 'r', originRunId: 'o', steps: 2 }, 'd');
    expect(unpackSaved(saved, 'next', true).run).toEqual({ runId: 'next', originRunId: 'o', callNaming: 'place', steps: 0 });
    const newer = packSaved({ runId: 'r', originRunId: 'o', callNaming: 'content', steps: 2 }, 'd');
    expect(unpackSaved(newer, 'next', true).run).toEqual({ runId: 'next', originRunId: 'o', callNaming: 'content', steps: 0 });
    expect(unpackSaved(newer, 'next', false).run).toEqual({ runId: 'next', originRunId: 'next', steps: 0 });
  });

  it('refuses another form', () => {
    expect(() => unpackSaved('{"v":3}\nx', 'r', false)).toThrow(TypeError);
  });
});
