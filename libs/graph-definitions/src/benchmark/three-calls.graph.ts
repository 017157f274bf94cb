import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { type JsonSchema, callTool, defineGraph } from '@holdfast/agent-runtime/graph';

const State = Annotation.Root({
  input: Annotation<string>({ reducer: (_, next) => next, default: () => '' }),
  results: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

const schema: JsonSchema = {
  type: 'object',
  properties: { input: { type: 'string' }, results: { type: 'array', items: { type: 'string' } } },
};

/** The tool call's id is the node's name: unique, because each node runs once. */
const echo = (node: string) => async (state: typeof State.State) => {
  const answer = await callTool({ id: node, name: 'everything__echo', args: { message: `${node} ${state.input}` } });
  return { results: [answer.text] };
};

/** For measuring only: three nodes with one cheap tool call each. */
export const threeCalls = defineGraph({
  graphId: 'three-calls',
  version: '1.0.0',
  description: 'Benchmark: three steps, each with one call of the echo tool.',
  schemas: { input: schema, output: schema, state: schema, config: { type: 'object', properties: {} } },
  build: () =>
    new StateGraph(State)
      .addNode('one', echo('one'))
      .addNode('two', echo('two'))
      .addNode('three', echo('three'))
      .addEdge(START, 'one')
      .addEdge('one', 'two')
      .addEdge('two', 'three')
      .addEdge('three', END)
      .compile({ name: 'three-calls' }),
});
