import { AIMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, Overwrite, START, StateGraph, isGraphBubbleUp } from '@langchain/langgraph';
import { callTool, defineGraph } from '@holdfast/agent-runtime/graph';
import { report } from '../building-blocks/progress';
import { schemas } from './schemas';
import { type SagaCall, type StepRecord, SagaState } from './state';
import { checkSteps, isCancellation, statusOf, withResults } from './steps';

type State = SagaState;
type Update = typeof SagaState.Update;

/** Looks at the steps before the first one is carried out. */
function begin({ steps }: State): Update {
  checkSteps(steps);
  return { records: new Overwrite([]), compensations: new Overwrite([]), due: [], outcome: 'pending' };
}

/** Carries out the next step. */
async function step({ steps, records }: State, config: LangGraphRunnableConfig): Promise<Update> {
  const next = steps[records.length]!;
  const record: StepRecord = { name: next.name, ...(await make(`step-${records.length}`, next, records)) };
  report(config, { phase: 'step', name: record.name, status: record.status });
  return { records: [record] };
}

/** The error node: lists what is to be taken back, newest first. A step of which nobody knows whether it took effect is among them. */
function fail({ steps, records }: State, config: LangGraphRunnableConfig): Update {
  const effective = records.filter(({ status }) => status !== 'failed').map(({ name }) => name);
  const due = steps.filter(({ name, compensate }) => effective.includes(name) && compensate !== undefined).map(({ name }) => name).reverse();
  report(config, { phase: 'failed', step: records.at(-1)!.name, due });
  return { due };
}

/** Takes one step back. One that cannot be taken back does not keep the others from it. */
async function compensate({ steps, records, due }: State, config: LangGraphRunnableConfig): Promise<Update> {
  const [name = '', ...rest] = due;
  const index = steps.findIndex((candidate) => candidate.name === name);
  const { status, content } = await make(`compensate-${index}`, steps[index]!.compensate!, records);
  const record = { name, status: status === 'done' ? ('done' as const) : ('failed' as const), content };
  report(config, { phase: 'compensated', name, status: record.status });
  return { due: rest, compensations: [record] };
}

/** Says how it ended. */
function conclude({ steps, records, compensations }: State): Update {
  const last = records.at(-1)!;
  if (records.length === steps.length && last.status === 'done') {
    return { outcome: 'completed', messages: [new AIMessage(`All ${steps.length} steps are done.`)] };
  }
  const left = compensations.filter(({ status }) => status === 'failed').map(({ name }) => name);
  const taken = compensations.filter(({ status }) => status === 'done').map(({ name }) => name);
  const lines = [
    `Step ${last.name} ${last.status === 'failed' ? 'failed' : 'ended without an answer'}.`,
    taken.length === 0 ? 'Nothing was taken back.' : `Taken back: ${taken.join(', ')}.`,
    ...(left.length === 0 ? [] : [`Could not be taken back, and needs a person: ${left.join(', ')}.`]),
  ];
  return { outcome: left.length === 0 ? 'compensated' : 'compensation-failed', messages: [new AIMessage(lines.join(' '))] };
}

/** A call that never answered is no reason to leave the steps before it as they are. */
async function make(id: string, { tool, args }: SagaCall, records: readonly StepRecord[]): Promise<Omit<StepRecord, 'name'>> {
  try {
    const answer = await callTool({ id, name: tool, args: withResults(args, records) });
    return { status: statusOf(answer), content: answer.content };
  } catch (error) {
    // A question to a person (nobody knows whether the call took effect) is no failure either.
    if (isCancellation(error) || isGraphBubbleUp(error)) throw error;
    return { status: 'unknown', content: error instanceof Error ? error.message : String(error) };
  }
}

function afterStep({ steps, records }: State): 'step' | 'fail' | 'conclude' {
  if (records.at(-1)?.status !== 'done') return 'fail';
  return records.length < steps.length ? 'step' : 'conclude';
}

function nextDue({ due }: State): 'compensate' | 'conclude' {
  return due.length > 0 ? 'compensate' : 'conclude';
}

/** Steps in order; when one fails, those before it are taken back in reverse order. */
export const saga = defineGraph({
  graphId: 'saga',
  version: '1.0.0',
  description: 'Carries out tool calls in order; when one fails, those before it are taken back in reverse order.',
  schemas,
  build: () =>
    new StateGraph(SagaState)
      .addNode('begin', begin)
      .addNode('step', step)
      .addNode('fail', fail)
      .addNode('compensate', compensate)
      .addNode('conclude', conclude)
      .addEdge(START, 'begin')
      .addEdge('begin', 'step')
      .addConditionalEdges('step', afterStep, ['step', 'fail', 'conclude'])
      .addConditionalEdges('fail', nextDue, ['compensate', 'conclude'])
      .addConditionalEdges('compensate', nextDue, ['compensate', 'conclude'])
      .addEdge('conclude', END)
      .compile({ name: 'saga' }),
});
