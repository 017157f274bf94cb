import { HumanMessage } from '@langchain/core/messages';
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { callModel, callTool } from '@holdfast/agent-runtime/graph';

const State = Annotation.Root({
  question: Annotation<string>(),
  said: Annotation<string[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
});
type State = typeof State.State;

/** For testing only: a tool call, a model call that is made once and not again, and a step behind it. */
export const oneTry = new StateGraph(State)
  .addNode('first', async () => ({ said: [(await callTool({ id: 'first', name: 'everything__echo', args: { message: 'first' } })).text] }))
  .addNode('ask', async ({ question }: State) => ({ said: [(await callModel({ messages: [new HumanMessage(question)], attempts: 1 })).text] }))
  .addNode('last', () => ({ said: ['last'] }))
  .addEdge(START, 'first')
  .addEdge('first', 'ask')
  .addEdge('ask', 'last')
  .addEdge('last', END);
