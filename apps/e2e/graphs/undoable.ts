import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { type JsonSchema, callTool, defineGraph, requestApproval } from '@holdfast/agent-runtime/graph';

const State = Annotation.Root({
  decision: Annotation<string>(),
  said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});

const schema: JsonSchema = { type: 'object', properties: { decision: { type: 'string' }, said: { type: 'array' } } };
const say = async (id: string): Promise<string> => (await callTool({ id, name: 'everything__echo', args: { message: id } })).text;

/** For testing only: books something, asks people, and takes the booking back when they reject it or somebody cancels the run with compensation. */
export const undoable = defineGraph({
  graphId: 'undoable',
  version: '1.0.0',
  description: 'Test: books, asks, and takes back.',
  schemas: { input: schema, output: schema, state: schema, config: { type: 'object', properties: {} } },
  compensate: 'undo',
  build: () =>
    new StateGraph(State)
      .addNode('book', async () => ({ said: [await say('book')] }))
      .addNode('ask', () => ({ decision: requestApproval({ action: 'book', args: {} }).decision }))
      .addNode('undo', async () => ({ said: [await say('undo')] }))
      .addEdge(START, 'book')
      .addEdge('book', 'ask')
      .addConditionalEdges('ask', ({ decision }) => (decision === 'rejected' ? 'undo' : END), ['undo', END])
      .addEdge('undo', END)
      .compile({ name: 'undoable' }),
});
