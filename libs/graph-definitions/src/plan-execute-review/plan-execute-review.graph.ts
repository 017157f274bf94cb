import { AIMessage, HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, START, StateGraph } from '@langchain/langgraph';
import { callTools, defineGraph } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenTools } from '../building-blocks/choices';
import { objectionOf, stepsOf } from '../building-blocks/model-texts';
import { report } from '../building-blocks/progress';
import { asksForTools } from '../building-blocks/tool-loop';
import { LIMITS } from './limits';
import { PLANNER_NAME, executorPrompt, plannerPrompt, reviewerPrompt } from './prompts';
import { schemas } from './schemas';
import { PlanExecuteReviewState } from './state';

type State = PlanExecuteReviewState;

/** Writes the plan and starts the run's counters. Its message stays in the conversation, for people to read. */
async function plan(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const reply = await askModel(config, { system: plannerPrompt(LIMITS.planSteps), messages: conversation(state), purpose: 'plan' });
  const message = new AIMessage({ content: reply.content, name: PLANNER_NAME, ...(reply.id === undefined ? {} : { id: reply.id }) });
  const steps = stepsOf(reply.text, LIMITS.planSteps);
  report(config, { phase: 'plan', steps });
  return { messages: [message], steps, rounds: 0, revisions: 0, verdict: 'pending', feedback: '' };
}

/** Asks for tool calls, or answers. */
async function execute(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const objection = state.feedback === '' ? [] : [new HumanMessage(`REVISE: ${state.feedback}`)];
  const mayCallTools = state.rounds < LIMITS.toolRounds;
  const message = await askModel(config, {
    system: executorPrompt(state.steps),
    messages: [...conversation(state), ...objection],
    tools: mayCallTools ? chosenTools(config) : [],
    purpose: 'execute',
  });
  return { messages: [message], rounds: state.rounds + 1 };
}

/** Runs what the executor asked for. */
async function tools(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const request = state.messages.at(-1) as AIMessage;
  report(config, { phase: 'execute', round: state.rounds, tools: (request.tool_calls ?? []).map(({ name }) => name) });
  return { messages: await callTools(request) };
}

/** Accepts the answer or sends it back. Not streamed: its text is for the executor, not for the person. */
async function review(state: State, config: LangGraphRunnableConfig): Promise<Partial<State>> {
  const reply = await askModel(config, { system: reviewerPrompt(state.steps), messages: conversation(state), stream: false, purpose: 'review' });
  const feedback = objectionOf(reply.text) ?? '';
  const verdict = feedback === '' ? 'accepted' : state.revisions >= LIMITS.revisions ? 'limit-reached' : 'sent-back';
  report(config, { phase: 'review', verdict, feedback });
  if (verdict !== 'sent-back') return { verdict, feedback };
  return { verdict, feedback, revisions: state.revisions + 1, rounds: 0 };
}

function afterExecute(state: State): 'tools' | 'review' {
  return asksForTools(state.messages.at(-1)) && state.rounds <= LIMITS.toolRounds ? 'tools' : 'review';
}

function afterReview(state: State): 'execute' | typeof END {
  return state.verdict === 'sent-back' ? 'execute' : END;
}

/** What the model sees of the conversation: the plans of this and earlier runs stand in the system prompt, or are over. */
function conversation(state: State): BaseMessage[] {
  return state.messages.filter((message) => message.name !== PLANNER_NAME);
}

/** Plan → execute with tools → review, at most two times back. The answer is the last AI message. */
export const planExecuteReview = defineGraph({
  graphId: 'plan-execute-review',
  version: '1.0.0',
  description: 'Plans, works with tools until it can answer, and reviews the answer before it is given.',
  schemas,
  build: () =>
    new StateGraph(PlanExecuteReviewState)
      .addNode('plan', plan)
      .addNode('execute', execute)
      .addNode('tools', tools)
      .addNode('review', review)
      .addEdge(START, 'plan')
      .addEdge('plan', 'execute')
      .addConditionalEdges('execute', afterExecute, ['tools', 'review'])
      .addEdge('tools', 'execute')
      .addConditionalEdges('review', afterReview, ['execute', END])
      .compile({ name: 'plan-execute-review' }),
});
