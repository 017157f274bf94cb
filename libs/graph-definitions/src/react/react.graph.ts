import { AIMessage, ToolMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, START, StateGraph } from '@langchain/langgraph';
import { callTools, defineGraph, trimConversation } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenNumber, chosenTools } from '../building-blocks/choices';
import { report } from '../building-blocks/progress';
import { asAnswer, asksForTools } from '../building-blocks/tool-loop';
import { CONTEXT_TOKENS, FAILURES, ROUNDS } from './limits';
import { thinkerPrompt } from './prompts';
import { schemas } from './schemas';
import { ReactState } from './state';

type State = ReactState;

/** Asks for tool calls, or answers; without tools when the rounds are used up or lead nowhere. */
async function think(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const isNewRun = !ToolMessage.isInstance(state.messages.at(-1));
  const { rounds, failures } = isNewRun ? { rounds: 0, failures: 0 } : state;
  const outcome = failures >= FAILURES ? 'stalled' : rounds >= chosenNumber(config, 'max_rounds', ROUNDS) ? 'out-of-rounds' : 'working';
  const reply = await askModel(config, {
    system: thinkerPrompt(outcome),
    messages: trimConversation(state.messages, { maxTokens: chosenNumber(config, 'max_context_tokens', CONTEXT_TOKENS) }),
    tools: outcome === 'working' ? chosenTools(config) : [],
    purpose: 'think',
  });
  const acts = outcome === 'working' && asksForTools(reply);
  return { messages: [acts ? reply : asAnswer(reply)], rounds, failures, outcome: outcome === 'working' && !acts ? 'answered' : outcome };
}

/** Runs what the model asked for. */
async function act(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const request = state.messages.at(-1) as AIMessage;
  report(config, { phase: 'act', round: state.rounds + 1, tools: (request.tool_calls ?? []).map(({ name }) => name) });
  return { messages: await callTools(request) };
}

/** Counts what the round brought. */
function observe(state: State, config: LangGraphRunnableConfig): Partial<State> {
  const request = state.messages.findLastIndex((message) => AIMessage.isInstance(message));
  const results = state.messages.slice(request + 1).filter((message) => ToolMessage.isInstance(message));
  const failed = results.filter(({ status }) => status === 'error').length;
  const rounds = state.rounds + 1;
  report(config, { phase: 'observe', round: rounds, results: results.length, failed });
  return { rounds, failures: failed === results.length ? state.failures + 1 : 0 };
}

function afterThink(state: State): 'act' | typeof END {
  return asksForTools(state.messages.at(-1)) ? 'act' : END;
}

/** The compiled graph; also a part of other graphs. */
export function buildReact() {
  return new StateGraph(ReactState)
    .addNode('think', think)
    .addNode('act', act)
    .addNode('observe', observe)
    .addEdge(START, 'think')
    .addConditionalEdges('think', afterThink, ['act', END])
    .addEdge('act', 'observe')
    .addEdge('observe', 'think')
    .compile({ name: 'react' });
}

/** Think → act → observe, until the model answers or must. The answer is the last AI message. */
export const react = defineGraph({
  graphId: 'react',
  version: '1.0.0',
  description: 'Thinks, calls tools, looks at what they returned, and goes on until it can answer.',
  schemas,
  build: buildReact,
});
