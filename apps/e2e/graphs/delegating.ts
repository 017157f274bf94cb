import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { callAgent } from '@holdfast/agent-runtime/graph';

const State = Annotation.Root({ questions: Annotation<unknown[]>(), done: Annotation<unknown>() });

/** For testing only: has the graph `approval-gate` ask its questions, and says what came of it. */
export const delegating = new StateGraph(State)
  .addNode('delegate', async ({ questions }) => ({ done: (await callAgent({ graph: 'approval-gate', input: { questions } })).values['done'] }))
  .addEdge(START, 'delegate')
  .addEdge('delegate', END);
