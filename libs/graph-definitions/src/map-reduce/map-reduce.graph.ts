import { HumanMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, Overwrite, START, Send, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenNumber, chosenTools } from '../building-blocks/choices';
import { stepsOf } from '../building-blocks/model-texts';
import { report } from '../building-blocks/progress';
import { quoted } from '../building-blocks/prompts';
import { workWithTools } from '../building-blocks/tool-loop';
import { WORKERS, WORKER_ROUNDS } from './limits';
import { splitterPrompt, synthesiserPrompt, workerPrompt } from './prompts';
import { schemas } from './schemas';
import { MapReduceState, type WorkerState } from './state';

type State = MapReduceState;
type Update = typeof MapReduceState.Update;

/** Splits the request into tasks and forgets the findings of the run before. */
async function split(state: State, config: LangGraphRunnableConfig): Promise<Update> {
  const most = chosenNumber(config, 'max_workers', WORKERS);
  const reply = await askModel(config, { system: splitterPrompt(most), messages: state.messages, stream: false, purpose: 'split' });
  const tasks = stepsOf(reply.text, most);
  report(config, { phase: 'split', tasks });
  return { tasks, findings: new Overwrite([]) };
}

/** One worker per task, all at the same time; without a task there is nothing to find. */
function toWorkers({ tasks, messages }: State): Send[] | 'synthesise' {
  const request = messages.filter((message) => HumanMessage.isInstance(message)).slice(-1);
  return tasks.length === 0 ? 'synthesise' : tasks.map((task, index) => new Send('work', { index, task, request } satisfies WorkerState));
}

/** Does one task. */
async function work({ index, task, request }: WorkerState, config: LangGraphRunnableConfig): Promise<Update> {
  const answer = await workWithTools(
    {
      system: workerPrompt(),
      messages: [...request, new HumanMessage(task)],
      tools: chosenTools(config),
      rounds: WORKER_ROUNDS,
      purpose: `task ${index + 1}`,
    },
    config,
  );
  report(config, { phase: 'found', index, task });
  return { findings: [{ index, task, content: answer.content }] };
}

/** Makes one answer of the findings. */
async function synthesise(state: State, config: LangGraphRunnableConfig): Promise<Update> {
  const reports = state.findings.flatMap(({ index, task, content }) => quoted(`Report ${index + 1} (${task}):`, content));
  return { messages: [await askModel(config, { system: synthesiserPrompt(), messages: [...state.messages, ...reports], purpose: 'synthesise' })] };
}

/** Split → N workers at the same time → synthesise. The answer is the last AI message. */
export const mapReduce = defineGraph({
  graphId: 'map-reduce',
  version: '1.0.0',
  description: 'Splits a request into tasks, works on all of them at the same time, and makes one answer of the results.',
  schemas,
  build: () =>
    new StateGraph(MapReduceState)
      .addNode('split', split)
      .addNode('work', work)
      .addNode('synthesise', synthesise)
      .addEdge(START, 'split')
      .addConditionalEdges('split', toWorkers, ['work', 'synthesise'])
      .addEdge('work', 'synthesise')
      .addEdge('synthesise', END)
      .compile({ name: 'map-reduce' }),
});
