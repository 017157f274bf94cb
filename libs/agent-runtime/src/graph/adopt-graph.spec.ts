import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { adoptGraph } from './adopt-graph';
import { describeGraph } from './describe-graph';
import { defineGraph } from './graph-definition';

const State = Annotation.Root({ x: Annotation<number>() });
const builder = () => new StateGraph(State).addNode('n', () => ({ x: 1 })).addEdge(START, 'n').addEdge('n', END);
const about = { version: '2.1.0', description: 'Counts.' };
const build = (value: unknown) => adoptGraph('mine', value, about).build() as unknown as { invoke(input: object): Promise<unknown> };

describe('a graph from outside', () => {
  it.each([
    ['a compiled graph', () => builder().compile()],
    ['a builder', builder],
    ['a function that returns a graph', () => () => builder().compile()],
    ['a function that returns a builder', () => builder],
  ])('may be %s', async (_, make) => {
    expect(await build(make()).invoke({})).toEqual({ x: 1 });
    expect(adoptGraph('mine', make(), about)).toMatchObject({ graphId: 'mine', ...about });
  });

  it('may be a definition, which keeps what it says', () => {
    const schemas = { input: { title: 'In' }, output: {}, state: {}, config: {} };
    const own = defineGraph({ graphId: 'mine', version: '1.0.0', description: 'Own words.', schemas, build: () => builder().compile() });
    expect(adoptGraph('mine', own, about)).toEqual(own);
    expect(() => adoptGraph('other', own, about)).toThrow(/defined as mine/);
  });

  it.each([
    ['a promise', async () => builder().compile(), /promise/],
    ['a number', 7, /no graph/],
    ['an object of another kind', { nodes: [] }, /no graph/],
    ['nothing', undefined, /no graph/],
  ])('is not %s', (_, value, reason) => {
    expect(() => build(value)).toThrow(reason);
  });

  it('needs a name that can be a graph id', () => {
    expect(() => adoptGraph('My_Graph', builder(), about)).toThrow(/graph id/);
  });

  it('is drawn', async () => {
    const description = await describeGraph(adoptGraph('mine', builder(), about));
    expect(description).toMatchObject({ graphId: 'mine', description: 'Counts.', schemas: { input_schema: { type: 'object' }, context_schema: null } });
    expect(description.structure).toMatchObject({ edges: [{ source: '__start__', target: 'n' }, { source: 'n', target: '__end__' }] });
  });
});
