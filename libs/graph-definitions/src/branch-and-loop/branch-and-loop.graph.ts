import { HumanMessage, RemoveMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, START, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenNumber, chosenTools } from '../building-blocks/choices';
import { objectionOf } from '../building-blocks/model-texts';
import { report } from '../building-blocks/progress';
import { workWithTools } from '../building-blocks/tool-loop';
import { ATTEMPTS, TOOL_ROUNDS } from './limits';
import { checkerPrompt, classifierPrompt, routeOf, workerPrompt } from './prompts';
import { schemas } from './schemas';
import { BranchState, ROUTES, type Route } from './state';

type State = BranchState;

/** Finds out which way the request goes. */
async function classify(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const reply = await askModel(config, { system: classifierPrompt(), messages: state.messages, stream: false, purpose: 'classify' });
  const route = routeOf(reply.text);
  report(config, { phase: 'classified', route });
  return { route, attempts: 0, verdict: 'pending', feedback: '' };
}

/** The tools that a branch works with. */
function toolsOf(route: Route, config: LangGraphRunnableConfig): readonly string[] {
  if (route === 'compute') return chosenTools(config, 'compute_tools', ['everything__*']);
  return route === 'look-up' ? chosenTools(config, 'look_up_tools', ['filesystem__*']) : [];
}

/** Answers, or answers better. The answer that was sent back gives way to the new one. */
const branch = (route: Route) => async (state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> => {
  const objection = state.feedback === '' ? [] : [new HumanMessage(`REVISE: ${state.feedback}`)];
  const answer = await workWithTools(
    {
      system: workerPrompt(route),
      messages: [...state.messages, ...objection],
      tools: toolsOf(route, config),
      rounds: TOOL_ROUNDS,
      purpose: `attempt ${state.attempts + 1}`,
    },
    config,
  );
  const refused = state.attempts === 0 ? undefined : state.messages.at(-1)?.id;
  return { messages: [...(refused === undefined ? [] : [new RemoveMessage({ id: refused })]), answer], attempts: state.attempts + 1 };
};

/** Accepts the answer or sends it back. */
async function check(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const most = chosenNumber(config, 'max_attempts', ATTEMPTS);
  const reply = await askModel(config, { system: checkerPrompt(state.attempts, most), messages: state.messages, stream: false, purpose: 'check' });
  const feedback = objectionOf(reply.text) ?? '';
  const verdict = feedback === '' ? 'accepted' : state.attempts >= most ? 'limit-reached' : 'sent-back';
  report(config, { phase: 'checked', attempt: state.attempts, verdict, feedback });
  return { verdict, feedback };
}

/** Classify → one of three branches → check → end, or the same branch again. The answer is the last AI message. */
export const branchAndLoop = defineGraph({
  graphId: 'branch-and-loop',
  version: '1.0.0',
  description: 'Chooses a way by the kind of the request, and tries again until a checker accepts the answer.',
  schemas,
  build: () =>
    new StateGraph(BranchState)
      .addNode('classify', classify)
      .addNode('compute', branch('compute'))
      .addNode('look-up', branch('look-up'))
      .addNode('talk', branch('talk'))
      .addNode('check', check)
      .addEdge(START, 'classify')
      .addConditionalEdges('classify', ({ route }) => route, [...ROUTES])
      .addEdge('compute', 'check')
      .addEdge('look-up', 'check')
      .addEdge('talk', 'check')
      .addConditionalEdges('check', ({ verdict, route }) => (verdict === 'sent-back' ? route : END), [...ROUTES, END])
      .compile({ name: 'branch-and-loop' }),
});
