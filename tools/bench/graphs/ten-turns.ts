import { AIMessage, HumanMessage, SystemMessage } from '@langchain/core/messages';
import { Annotation, END, START, StateGraph, messagesStateReducer } from '@langchain/langgraph';
import type { BaseMessage } from '@langchain/core/messages';
import { callModel, defineGraph } from '@holdfast/agent-runtime/graph';
import { BenchState, echo, schemas } from './state';

const TURNS = 10;
const State = Annotation.Root({
  ...BenchState.spec,
  messages: Annotation<BaseMessage[]>({ reducer: messagesStateReducer, default: () => [] }),
});
type State = typeof State.State;

async function think({ input, messages }: State): Promise<Partial<State>> {
  const question = messages.length === 0 ? [new HumanMessage({ content: `Say hello to ${input}.`, id: 'question' })] : [];
  const answer = await callModel({ messages: [new SystemMessage('You answer.'), ...messages, ...question], stream: false });
  return { messages: [...question, answer] };
}

async function act({ input, messages, results }: State): Promise<Partial<State>> {
  if (!AIMessage.isInstance(messages.at(-1))) throw new Error('the model did not answer');
  const text = await echo(`act-${results.length}`, `${results.length} ${input}`);
  return { results: [text], messages: [new HumanMessage({ content: text, id: `seen-${results.length}` })] };
}

/** Ten times a model call and a tool call, the conversation growing; the plain side sends the model the same messages. */
export const tenTurns = defineGraph({
  graphId: 'bench-ten-turns',
  version: '1.0.0',
  description: 'Benchmark: ten turns of a model call and a tool call.',
  schemas,
  build: () =>
    new StateGraph(State)
      .addNode('think', think)
      .addNode('act', act)
      .addEdge(START, 'think')
      .addEdge('think', 'act')
      .addConditionalEdges('act', ({ results }) => (results.length < TURNS ? 'think' : END), ['think', END])
      .compile({ name: 'bench-ten-turns' }),
});
