import { AIMessage, type BaseMessage, HumanMessage } from '@langchain/core/messages';
import { Annotation, Command, END, Send, START, StateGraph, interrupt, messagesStateReducer } from '@langchain/langgraph';
import { blobHashes, listHashes } from '@holdfast/contracts/messages';
import type { RunnableGraph } from '../graph';
import { draftOf, viewOfHead } from './checkpoint-draft';
import { frameData } from './frame-data';
import { PART_LENGTH } from './message-lists';
import { WorkflowSaver } from './saver';

const State = Annotation.Root({
  messages: Annotation<BaseMessage[]>({ reducer: messagesStateReducer, default: () => [] }),
  answer: Annotation<string>(),
});

/** Asks two levels below; `turns`: messages that its innermost graph says before. */
function asking(turns = 1) {
  const inner = new StateGraph(State)
    .addNode('say', () => ({ messages: Array.from({ length: turns }, (_, i) => new AIMessage({ id: `ai${i}`, content: `say ${i}` })) }))
    .addNode('ask', () => ({ answer: interrupt<string, string>('well?') }))
    .addEdge(START, 'say').addEdge('say', 'ask').addEdge('ask', END).compile();
  const middle = new StateGraph(State).addNode('inner', inner).addEdge(START, 'inner').addEdge('inner', END).compile();
  return new StateGraph(State).addNode('first', () => ({})).addNode('middle', middle)
    .addEdge(START, 'first').addEdge('first', 'middle').addEdge('middle', END).compile();
}

async function stopped(graph: { invoke(input: never, config: never): Promise<unknown> }, input: object, saver = new WorkflowSaver()) {
  const config = { configurable: { thread_id: 't', __pregel_checkpointer: saver }, durability: 'async' };
  await graph.invoke(input as never, config as never).catch(() => undefined);
  const view = await viewOfHead(graph as unknown as RunnableGraph, saver);
  if (view === undefined) throw new Error('no checkpoint');
  return { saver, view };
}

describe('frames of sub-graphs', () => {
  it('name no checkpoint but the root’s, however deep: others would get other ids in another order', async () => {
    const graph = asking();
    const saver = new WorkflowSaver();
    const config = { configurable: { thread_id: 't', __pregel_checkpointer: saver }, streamMode: ['checkpoints'], subgraphs: true };
    const depths = new Set<number>();
    for await (const [ns, , chunk] of (await graph.stream({ messages: [] }, config as never)) as unknown as AsyncIterable<[string[], string, object]>) {
      if (ns.length === 0) continue;
      depths.add(ns.length);
      expect(chunk).toHaveProperty('config');
      const { checkpoint } = frameData('checkpoints', chunk, undefined) as { checkpoint: { metadata: { parents: object } } };
      expect(checkpoint.metadata.parents).toEqual({ '': saver.headId });
      expect(checkpoint).not.toHaveProperty('config');
    }
    expect([...depths]).toEqual([1, 2]);
  });
});

describe('where sub-graphs stand when a run stops', () => {
  it('is beside the task, at every level, with what is asked', async () => {
    const { view, saver } = await stopped(asking(), { messages: [new HumanMessage({ id: 'h', content: 'hi' })] });
    const [task] = view.tasks;
    const ns = `middle:${task?.id}`;
    expect(task).toMatchObject({ name: 'middle', state: { configurable: { thread_id: 'thread', checkpoint_ns: ns } } });
    expect(task?.interrupts).toMatchObject([{ value: 'well?' }]);
    expect(task?.subgraph).toMatchObject({ next: ['inner'], metadata: { step: 0, source: 'loop', parents: { '': saver.headId } } });
    expect(task?.subgraph?.metadata).not.toHaveProperty('thread_id');
    const [below] = task?.subgraph?.tasks ?? [];
    expect(below).toMatchObject({ name: 'inner', state: { configurable: { checkpoint_ns: `${ns}|inner:${below?.id}` } } });
    expect(below?.subgraph).toEqual({
      values: { messages: [expect.objectContaining({ type: 'human', content: 'hi' }), expect.objectContaining({ type: 'ai', content: 'say 0' })] },
      next: ['ask'],
      tasks: [expect.objectContaining({ name: 'ask', interrupts: [expect.objectContaining({ value: 'well?' })] })],
      metadata: expect.objectContaining({ step: 1, parents: { '': saver.headId } }),
      createdAt: expect.stringMatching(/^\d{4}-/),
    });
  });

  it('refers to long lists of messages, whose texts are stored with the commit', async () => {
    const { view, saver } = await stopped(asking(2 * PART_LENGTH), { messages: [] });
    const draft = await draftOf(view, saver, null);
    const named = listHashes(draft.tasks);
    expect(named).toHaveLength(2);
    expect(blobHashes(draft.tasks)).toEqual([]);
    expect(saver.lists.takeTexts().map(({ hash }) => hash)).toEqual(expect.arrayContaining([...named]));
  });

  it('is told of those only in which something is left to run', async () => {
    const asks = new StateGraph(State).addNode('ask', () => ({ answer: interrupt<string, string>('well?') })).addEdge(START, 'ask').addEdge('ask', END).compile();
    const tells = new StateGraph(State).addNode('tell', () => ({ messages: [] })).addEdge(START, 'tell').addEdge('tell', END).compile();
    const graph = new StateGraph(State).addNode('asks', asks).addNode('tells', tells).addNode('plain', () => ({}))
      .addConditionalEdges(START, () => [new Send('asks', {}), new Send('tells', {}), new Send('plain', {})], ['asks', 'tells', 'plain']).compile();
    const { view, saver } = await stopped(graph, { messages: [] });
    const told = new Map(view.tasks.map((task) => [task.name, task]));
    expect(told.get('asks')?.subgraph?.next).toEqual(['ask']);
    expect(told.get('tells')).toMatchObject({ state: { configurable: { checkpoint_ns: `tells:${told.get('tells')?.id}` } } });
    expect(told.get('tells')).not.toHaveProperty('subgraph');
    expect(told.get('plain')).not.toHaveProperty('state');
    const done = await stopped(graph, new Command({ resume: 'yes' }), saver);
    expect(done.view.tasks).toEqual([]);
  });

  it('costs a graph without sub-graphs nothing', async () => {
    const graph = new StateGraph(State).addNode('ask', () => ({ answer: interrupt<string, string>('well?') })).addEdge(START, 'ask').addEdge('ask', END).compile();
    const { view, saver } = await stopped(graph, { messages: [new HumanMessage('hi')] });
    const { tasks } = await graph.getState({ configurable: { thread_id: 'thread', __pregel_checkpointer: saver } });
    expect(JSON.stringify(view.tasks)).toBe(JSON.stringify(tasks));
  });
});
