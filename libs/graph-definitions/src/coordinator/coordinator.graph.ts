import { HumanMessage, type MessageContent } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, Overwrite, START, Send, StateGraph } from '@langchain/langgraph';
import { isHoldfastError } from '@holdfast/contracts/errors';
import { type AgentAnswer, type CallAgentOptions, callAgent, defineGraph } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenModel, chosenNumber } from '../building-blocks/choices';
import { stepsOf } from '../building-blocks/model-texts';
import { report } from '../building-blocks/progress';
import { quoted } from '../building-blocks/prompts';
import { SPECIALISTS } from '../building-blocks/specialists';
import { CALLS, SECONDS, TASKS, TOKENS } from './limits';
import { coordinatorPrompt, synthesiserPrompt } from './prompts';
import { schemas } from './schemas';
import { type Assignment, CoordinatorState, type SpecialistState } from './state';

type State = CoordinatorState;
type Update = typeof CoordinatorState.Update;

/** Splits the request into tasks for specialists and forgets the findings of the run before. */
async function assign(state: State, config: LangGraphRunnableConfig): Promise<Update> {
  const most = chosenNumber(config, 'max_tasks', TASKS);
  const reply = await askModel(config, { system: coordinatorPrompt(most), messages: state.messages, stream: false, purpose: 'assign' });
  const assignments = stepsOf(reply.text, most).flatMap(assignmentOf);
  report(config, { phase: 'assigned', assignments });
  return { assignments, findings: new Overwrite([]) };
}

/** A line that names nobody who is there is no assignment. */
function assignmentOf(line: string): Assignment[] {
  const [, name = '', task = ''] = /^[\s*_`]*([a-z-]+)[\s*_`]*[:–-]\s*(.+)$/i.exec(line) ?? [];
  const specialist = name.toLowerCase();
  return SPECIALISTS.has(specialist) ? [{ specialist, task }] : [];
}

/** One specialist per task, all at the same time. */
function toSpecialists({ assignments, messages }: State): Send[] | 'synthesise' {
  const request = messages.findLast((message) => HumanMessage.isInstance(message))?.content ?? '';
  if (assignments.length === 0) return 'synthesise';
  return assignments.map((assignment, index) => new Send('delegate', { ...assignment, index, request } satisfies SpecialistState));
}

/** Has one task done by the graph `react`, as a workflow of its own. A specialist that fails does not stop the others. */
async function delegate({ index, specialist, task, request }: SpecialistState, config: LangGraphRunnableConfig): Promise<Update> {
  const { outcome, content, spent } = await workOf({
    graph: 'react',
    input: { messages: [request, task].map((content) => ({ role: 'user', content })) },
    configurable: { tools: SPECIALISTS.toolsOf(specialist, config), ...chosenModel(config).params },
    budget: {
      calls: chosenNumber(config, 'max_calls', CALLS),
      tokens: chosenNumber(config, 'max_tokens', TOKENS),
      seconds: chosenNumber(config, 'max_seconds', SECONDS),
    },
  });
  report(config, { phase: 'reported', index, specialist, outcome });
  return { findings: [{ index, specialist, task, outcome, content, spent }] };
}

async function workOf(options: CallAgentOptions): Promise<{ outcome: string; content: MessageContent; spent: AgentAnswer['spent'] | null }> {
  try {
    const { values, spent } = await callAgent(options);
    return { outcome: 'done', content: (values['messages'] as { content: MessageContent }[]).at(-1)?.content ?? '', spent };
  } catch (error) {
    // Anything else is the end of this run: its cancellation.
    if (!isHoldfastError(error)) throw error;
    return { outcome: error.code, content: `Not done: ${error.message}`, spent: null };
  }
}

/** Makes one answer of the findings. */
async function synthesise(state: State, config: LangGraphRunnableConfig): Promise<Update> {
  const reports = state.findings.flatMap(({ index, task, content }) => quoted(`Report ${index + 1} (${task}):`, content));
  return { messages: [await askModel(config, { system: synthesiserPrompt(), messages: [...state.messages, ...reports], purpose: 'synthesise' })] };
}

/** Coordinator → specialists at the same time, each a workflow of its own with its budget → synthesise. The answer is the last AI message. */
export const coordinator = defineGraph({
  graphId: 'coordinator',
  version: '1.0.0',
  description: 'Gives tasks to specialists that work at the same time, each an agent with a budget of its own, and makes one answer of their reports.',
  schemas,
  build: () =>
    new StateGraph(CoordinatorState)
      .addNode('assign', assign)
      .addNode('delegate', delegate)
      .addNode('synthesise', synthesise)
      .addEdge(START, 'assign')
      .addConditionalEdges('assign', toSpecialists, ['delegate', 'synthesise'])
      .addEdge('delegate', 'synthesise')
      .addEdge('synthesise', END)
      .compile({ name: 'coordinator' }),
});
