import { END, START, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { BenchState, pause, schemas } from './state';

const waited = async ({ input }: BenchState) => {
  await pause(1_000);
  return { results: [input] };
};

/** Three nodes that wait a second each: how many runs can wait beside each other. */
export const threeWaits = defineGraph({
  graphId: 'bench-three-waits',
  version: '1.0.0',
  description: 'Benchmark: three waits of a second, one after the other.',
  schemas,
  build: () =>
    new StateGraph(BenchState)
      .addNode('one', waited)
      .addNode('two', waited)
      .addNode('three', waited)
      .addEdge(START, 'one')
      .addEdge('one', 'two')
      .addEdge('two', 'three')
      .addEdge('three', END)
      .compile({ name: 'bench-three-waits' }),
});
