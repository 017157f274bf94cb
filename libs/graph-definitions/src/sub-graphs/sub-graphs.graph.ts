import { AIMessage } from '@langchain/core/messages';
import { END, START, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { buildReact } from '../react/react.graph';
import { buildEditing } from './editing.graph';
import { schemas } from './schemas';
import { ParentState } from './state';

type State = ParentState;

/** Puts the report into the conversation. */
function publish({ draft, verdict }: State): Partial<State> {
  return { messages: [new AIMessage({ content: draft, name: verdict === 'accepted' ? 'report' : 'unaccepted-report' })] };
}

/** Research (a react agent) → editing (a writer and a person) → publish; both sub-graphs have a state of their own. */
export const subGraphs = defineGraph({
  graphId: 'sub-graphs',
  version: '1.0.0',
  description: 'One sub-graph finds things out, another writes a report until a person accepts it.',
  schemas,
  build: () =>
    new StateGraph(ParentState)
      .addNode('begin', (): Partial<State> => ({ draft: '', verdict: 'pending' }))
      .addNode('research', buildReact())
      .addNode('editing', buildEditing())
      .addNode('publish', publish)
      .addEdge(START, 'begin')
      .addEdge('begin', 'research')
      .addEdge('research', 'editing')
      .addEdge('editing', 'publish')
      .addEdge('publish', END)
      .compile({ name: 'sub-graphs' }),
});
