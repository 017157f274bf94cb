import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import { END, MessagesZodMeta, START, StateGraph, interrupt } from '@langchain/langgraph';
import { withLangGraph } from '@langchain/langgraph/zod';
import { callModel, callTools } from '@holdfast/agent-runtime/graph';
import { z } from 'zod';
import { QUESTION } from './texts';

const State = z.object({
  messages: withLangGraph(z.custom<BaseMessage[]>(), MessagesZodMeta),
  /** When the person was asked, milliseconds. */
  askedAt: z.number().optional(),
});
type State = z.infer<typeof State>;

async function think({ messages }: State) {
  return { messages: [await callModel({ messages, tools: { include: ['everything__*'] } })] };
}

async function act({ messages }: State) {
  const request = messages.at(-1) as AIMessage;
  const answer: unknown = interrupt({ question: QUESTION, tools: request.tool_calls?.map(({ name }) => name) });
  if (answer !== 'yes') return { messages: [new AIMessage(`I was told: ${String(answer)}`)] };
  return { messages: await callTools(request), askedAt: Date.now() };
}

const wants = ({ messages }: State) => ((messages.at(-1) as AIMessage).tool_calls?.length ? 'act' : END);
const wasDone = ({ messages }: State) => (messages.at(-1)?.getType() === 'tool' ? 'think' : END);

/** A builder, compiled when it is loaded. */
export const graph = new StateGraph(State)
  .addNode('think', think)
  .addNode('act', act)
  .addEdge(START, 'think')
  .addConditionalEdges('think', wants, ['act', END])
  .addConditionalEdges('act', wasDone, ['think', END]);
