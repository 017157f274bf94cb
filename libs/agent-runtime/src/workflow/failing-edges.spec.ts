import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { RunnableGraph } from '../graph';
import { guardNodes } from '../graph/guard-nodes';
import { toRunError } from './failure';

const State = Annotation.Root({ x: Annotation<number>() });
type Edge = () => unknown;

/** An edge behind a node, at the start, and behind a node of a sub-graph. */
const places: Readonly<Record<string, (edge: Edge) => unknown>> = {
  'behind a node': (edge) =>
    new StateGraph(State).addNode('n', () => ({ x: 1 })).addEdge(START, 'n').addConditionalEdges('n', edge as () => string, { end: END }).compile(),
  'at the start': (edge) =>
    new StateGraph(State).addNode('n', () => ({ x: 1 })).addConditionalEdges(START, edge as () => string, { n: 'n' }).addEdge('n', END).compile(),
  'in a sub-graph': (edge) => {
    const inner = new StateGraph(State)
      .addNode('n', () => ({ x: 1 }))
      .addEdge(START, 'n').addConditionalEdges('n', edge as () => string, { end: END }).compile();
    return new StateGraph(State).addNode('inner', inner).addEdge(START, 'inner').addEdge('inner', END).compile();
  },
};

const thrown = (value: unknown): Edge => () => {
  throw value;
};

async function failureOf(place: string, edge: Edge): Promise<unknown> {
  const graph = places[place]!(edge) as RunnableGraph & { invoke(input: object): Promise<unknown> };
  guardNodes(graph);
  const error = await graph.invoke({ x: 0 }).then((values) => `no error but ${JSON.stringify(values)}`, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  return toRunError(error);
}

describe.each(Object.keys(places))('an edge %s that throws', (place) => {
  const failed = (message: string) => ({ code: 'GRAPH_FAILED', kind: 'user', message });

  it('an error ends the graph with it', async () => {
    expect(await failureOf(place, thrown(new TypeError('no way')))).toEqual(failed('TypeError: no way'));
    expect(await failureOf(place, async () => Promise.reject(new TypeError('no way')))).toEqual(failed('TypeError: no way'));
    expect(await failureOf(place, thrown(new Error('x'.repeat(10_000))))).toEqual(failed(`Error: ${'x'.repeat(4_000)} …`));
    expect(await failureOf(place, thrown(new HoldfastError('BUDGET_EXCEEDED', 'enough')))).toMatchObject({ code: 'BUDGET_EXCEEDED', message: 'enough' });
  });

  const noErrors: [unknown, string][] = [[undefined, 'undefined'], [null, 'null'], ['text', 'text'], [{ a: 1 }, '{"a":1}']];

  it.each(noErrors)('%j, which is no error, ends the graph with one', async (value, text) => {
    const error = failed(`Error: an edge threw ${text}, which is no error`);
    expect(await failureOf(place, thrown(value))).toEqual(error);
    expect(await failureOf(place, async () => Promise.reject(value))).toEqual(error);
  });
});
