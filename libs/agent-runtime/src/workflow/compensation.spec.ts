import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { divert } from './compensation';
import { WorkflowSaver } from './saver';

const list = () => Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] });
const State = Annotation.Root({ done: list(), undone: list() });
const graph = new StateGraph(State)
  .addNode('work', () => ({ done: ['work'] }))
  .addNode('more', () => ({ done: ['more'] }))
  .addNode('undo', ({ done }) => ({ undone: [...done].reverse() }))
  .addEdge(START, 'work').addEdge('work', 'more').addConditionalEdges('more', () => END, ['undo', END]).addEdge('undo', END)
  .compile();
const withSaver = (saver: WorkflowSaver) => ({ configurable: { thread_id: 't', __pregel_checkpointer: saver }, durability: 'async' as const });

describe('divert', () => {
  it.each([['has come to its end', {}], ['stands between two nodes', { interruptBefore: ['more' as const] }]])('leaves one node to run of a graph that %s', async (_, more) => {
    const saver = new WorkflowSaver();
    await graph.invoke({}, { ...withSaver(saver), ...more });
    const { headId } = saver;
    const { done } = (await graph.getState(withSaver(saver))).values;
    await divert(graph, saver, 'undo');
    expect(saver.parentOf(saver.headId!)).toBe(headId);
    expect((await graph.getState(withSaver(saver))).next).toEqual(['undo']);
    expect(await graph.invoke(null, withSaver(saver))).toEqual({ done, undone: [...done].reverse() });
  });

  it('has nothing to leave without a checkpoint', async () => {
    await expect(divert(graph, new WorkflowSaver(), 'undo')).rejects.toThrow();
  });
});
