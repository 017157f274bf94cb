import { HumanMessage, type BaseMessage } from '@langchain/core/messages';
import { Command, END, type LangGraphRunnableConfig, Overwrite, START, StateGraph } from '@langchain/langgraph';
import { defineGraph } from '@holdfast/agent-runtime/graph';
import { askModel } from '../building-blocks/ask-model';
import { chosenNumber } from '../building-blocks/choices';
import { handoffOf } from '../building-blocks/model-texts';
import { report } from '../building-blocks/progress';
import { quoted } from '../building-blocks/prompts';
import { workWithTools } from '../building-blocks/tool-loop';
import { HANDOFFS, SPECIALIST_ROUNDS } from './limits';
import { specialistPrompt, speakerPrompt, supervisorPrompt } from './prompts';
import { schemas } from './schemas';
import { SPECIALISTS, type SpecialistName } from '../building-blocks/specialists';
import { SupervisorState } from './state';

type State = SupervisorState;
type Update = typeof SupervisorState.Update;
type Goto = 'supervisor' | 'answer' | SpecialistName;

/** Forgets the reports of the run before. */
function receive(): Update {
  return { task: '', reports: new Overwrite([]), handoffs: 0, problem: '' };
}

/** Decides who goes on. A name that nobody has costs a handoff, so that the question is not asked for ever. */
async function supervise(state: State, config: LangGraphRunnableConfig): Promise<Command<unknown, Update, Goto>> {
  if (state.handoffs >= chosenNumber(config, 'max_handoffs', HANDOFFS)) return new Command({ goto: 'answer' });
  const reply = await askModel(config, { system: supervisorPrompt(state.problem), messages: conversation(state), stream: false, purpose: 'supervise' });
  const handoff = handoffOf(reply.text);
  if (handoff === undefined) return new Command({ goto: 'answer', update: { problem: '' } });
  const handoffs = state.handoffs + 1;
  if (!SPECIALISTS.has(handoff.to) || handoff.task === '') {
    const problem = handoff.task === '' ? `no task for ${handoff.to}` : `there is no specialist ${handoff.to}`;
    return new Command({ goto: 'supervisor', update: { handoffs, problem } });
  }
  report(config, { phase: 'handoff', to: handoff.to, task: handoff.task });
  return new Command({ goto: handoff.to, update: { handoffs, problem: '', task: handoff.task } });
}

/** Does the task and goes back to the supervisor. */
const specialist = (name: SpecialistName) => async ({ task }: State, config: LangGraphRunnableConfig): Promise<Update> => {
  const answer = await workWithTools(
    {
      system: specialistPrompt(name),
      messages: [new HumanMessage(task)],
      tools: SPECIALISTS.toolsOf(name, config),
      rounds: SPECIALIST_ROUNDS,
      purpose: task,
    },
    config,
  );
  return { reports: [{ specialist: name, task, content: answer.content }] };
};

/** Answers the person. */
async function answer(state: State, config: LangGraphRunnableConfig): Promise<Update> {
  return { messages: [await askModel(config, { system: speakerPrompt(), messages: conversation(state), purpose: 'answer' })] };
}

function conversation({ messages, reports }: State): BaseMessage[] {
  return [...messages, ...reports.flatMap(({ specialist: name, task, content }) => quoted(`Report of the ${name} (${task}):`, content))];
}

/** A supervisor hands tasks to specialists, one after the other, until it can answer. */
export const supervisor = defineGraph({
  graphId: 'supervisor',
  version: '1.0.0',
  description: 'A supervisor hands tasks to specialists with tools of their own, and answers from what they report.',
  schemas,
  build: () =>
    new StateGraph(SupervisorState)
      .addNode('receive', receive)
      .addNode('supervisor', supervise, { ends: ['supervisor', 'answer', ...SPECIALISTS.names] })
      .addNode('researcher', specialist('researcher'))
      .addNode('clerk', specialist('clerk'))
      .addNode('answer', answer)
      .addEdge(START, 'receive')
      .addEdge('receive', 'supervisor')
      .addEdge('researcher', 'supervisor')
      .addEdge('clerk', 'supervisor')
      .addEdge('answer', END)
      .compile({ name: 'supervisor' }),
});
