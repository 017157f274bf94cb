import { Annotation, END, START, Send, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { BenchState, echo, schemas } from './state';

const WIDTH = 20;
const Part = Annotation.Root({ part: Annotation<number>, input: Annotation<string> });

/** One superstep of twenty tasks with one call each; the plain side awaits twenty activities at once. */
export const fanOut = defineGraph({
  graphId: 'bench-fan-out',
  version: '1.0.0',
  description: 'Benchmark: twenty calls at the same time.',
  schemas,
  build: () =>
    new StateGraph(BenchState)
      .addNode('part', async ({ part, input }: typeof Part.State) => ({ results: [await echo(`part-${part}`, `${part} ${input}`)] }), { input: Part })
      .addConditionalEdges(START, ({ input }) => Array.from({ length: WIDTH }, (_, part) => new Send('part', { part, input })), ['part'])
      .addEdge('part', END)
      .compile({ name: 'bench-fan-out' }),
});
