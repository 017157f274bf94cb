import { END, START, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { BenchState, echo, schemas } from './state';

const STEPS = 200;

/** A superstep with one call, two hundred times: what is replayed cold. */
export const manySteps = defineGraph({
  graphId: 'bench-many-steps',
  version: '1.0.0',
  description: 'Benchmark: two hundred supersteps of a call each.',
  schemas,
  build: () =>
    new StateGraph(BenchState)
      .addNode('step', async ({ input, results }: BenchState) => ({ results: [await echo(`step-${results.length}`, `${results.length} ${input}`)] }))
      .addEdge(START, 'step')
      .addConditionalEdges('step', ({ results }) => (results.length < STEPS ? 'step' : END), ['step', END])
      .compile({ name: 'bench-many-steps' }),
});
