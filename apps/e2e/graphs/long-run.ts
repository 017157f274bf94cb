import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { type JsonSchema, callTool, defineGraph } from '@holdfast/agent-runtime/graph';

const latest = (initial: number) => Annotation<number>({ reducer: (_, next) => next, default: () => initial });
const State = Annotation.Root({
  /** Supersteps of the run. */
  steps: latest(10),
  /** One of so many calls a tool. */
  every: latest(10),
  step: latest(0),
  /** Of the numbers of all supersteps, as the tool gave them back. */
  sum: latest(0),
});

const schema: JsonSchema = { type: 'object', properties: { steps: { type: 'integer' }, every: { type: 'integer' }, step: { type: 'integer' }, sum: { type: 'integer' } } };

async function tick({ step, every, sum }: typeof State.State): Promise<typeof State.Update> {
  if (step % every !== 0) return { step: step + 1, sum: sum + step };
  const { text } = await callTool({ id: `step-${step}`, name: 'everything__echo', args: { message: String(step) } });
  return { step: step + 1, sum: sum + Number(/\d+$/.exec(text)?.[0]) };
}

/** For testing only: as many supersteps as it is asked for, with a state of one size. */
export const longRun = defineGraph({
  graphId: 'long-run',
  version: '1.0.0',
  description: 'Test: counts, and asks a tool now and then.',
  schemas: { input: schema, output: schema, state: schema, config: { type: 'object', properties: {} } },
  build: () =>
    new StateGraph(State)
      .addNode('tick', tick)
      .addEdge(START, 'tick')
      .addConditionalEdges('tick', ({ step, steps }) => (step < steps ? 'tick' : END), ['tick', END])
      .compile({ name: 'long-run' }),
});
