import { END, START, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { BenchState, echo, pause, schemas } from './state';

const WAIT_MS = 150_000;

/** A call, a long wait in an open workflow, and a call: what a worker holds of a run that waits. */
export const longWait = defineGraph({
  graphId: 'bench-long-wait',
  version: '1.0.0',
  description: 'Benchmark: a call before and after a wait of 150 s.',
  schemas,
  build: () =>
    new StateGraph(BenchState)
      .addNode('before', async ({ input }: BenchState) => ({ results: [await echo('before', `before ${input}`)] }))
      .addNode('wait', async () => {
        await pause(WAIT_MS);
        return {};
      })
      .addNode('after', async ({ input }: BenchState) => ({ results: [await echo('after', `after ${input}`)] }))
      .addEdge(START, 'before')
      .addEdge('before', 'wait')
      .addEdge('wait', 'after')
      .addEdge('after', END)
      .compile({ name: 'bench-long-wait' }),
});
