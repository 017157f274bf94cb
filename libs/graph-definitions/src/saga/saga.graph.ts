import { AIMessage } from '@langchain/core/messages';
import { END, type LangGraphRunnableConfig, Overwrite, START, StateGraph, isGraphBubbleUp } from '@langchain/langgraph';
import { HoldfastError } from '@holdfast/contracts/errors';
import { callTool, defineGraph } from '@holdfast/agent-runtime/graph';
import { report } from '../building-blocks/progress';
import { schemas } from './schemas';
import { type CompensationRecord, type SagaCall, type StepRecord, SagaState } from './state';
import { checkSteps, isCancellation, statusOf, withResults } from './steps';

type State = SagaState;
type Update = typeof SagaState.Update;

/** What is about one run. */
function afresh(): Update {
  return { records: new Overwrite<StepRecord[]>([]), compensations: new Overwrite<CompensationRecord[]>([]), due: [], outcome: 'pending' };
}

/** Looks at the steps before the first one is carried out. */
function begin({ steps }: State): Update {
  checkSteps(steps);
  return { ...afresh(), cancelled: false };
}

/** Carries out the next step. */
async function step({ steps, records }: State, config: LangGraphRunnableConfig): Promise<Update> {
  const next = steps[records.length]!;
  const record: StepRecord = { name: next.name, ...(await make(`step-${records.length}`, next, records)) };
  report(config, { phase: 'step', name: record.name, status: record.status });
  return { records: [record] };
}

/**
 * The error node: lists what is to be taken back, newest first. A step of which nobody knows whether it took effect is among them. Also where a run
 * goes on that is cancelled with compensation: after a step that is done, in the next one.
 */
function fail(state: State, config: LangGraphRunnableConfig): Update {
  // Before node `begin` the state is about an earlier run.
  if (state.outcome !== 'pending') return { ...afresh(), cancelled: true };
  const cutOff = cutOffIn(state);
  const records = [...state.records, ...(cutOff ?? [])];
  const taken = namesOf(state.compensations, 'done');
  const effective = records.filter(({ name, status }) => status !== 'failed' && !taken.includes(name)).map(({ name }) => name);
  const due = state.steps.filter(({ name, compensate }) => effective.includes(name) && compensate !== undefined).map(({ name }) => name).reverse();
  if (cutOff === undefined) {
    report(config, { phase: 'failed', step: records.at(-1)!.name, due });
    return { due };
  }
  report(config, { phase: 'cancelled', due });
  return { due, records: cutOff, cancelled: true };
}

/** The step that a cancel may have cut off, of which nobody knows whether it took effect; undefined when a step has failed. */
function cutOffIn({ steps, records }: State): StepRecord[] | undefined {
  const last = records.at(-1);
  if (last !== undefined && last.status !== 'done') return undefined;
  return steps.slice(records.length, records.length + 1).map(({ name }) => ({ name, status: 'unknown', content: 'The run was cancelled.' }));
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
function conclude({ steps, records, compensations, cancelled }: State): Update {
  const last = records.at(-1);
  if (!cancelled && records.length === steps.length && last?.status === 'done') {
    return { outcome: 'completed', messages: [new AIMessage(`All ${steps.length} steps are done.`)] };
  }
  const taken = namesOf(compensations, 'done');
  const left = namesOf(compensations, 'failed').filter((name) => !taken.includes(name));
  const lines = [
    cancelled ? 'The run was cancelled.' : `Step ${last?.name} ${last?.status === 'failed' ? 'failed' : 'ended without an answer'}.`,
    taken.length === 0 ? 'Nothing was taken back.' : `Taken back: ${taken.join(', ')}.`,
    ...(left.length === 0 ? [] : [`Could not be taken back, and needs a person: ${left.join(', ')}.`]),
  ];
  // Who cancelled it waits to hear of it; a cancel that is repeated tries again.
  if (cancelled && left.length > 0) throw new HoldfastError('COMPENSATION_FAILED', lines.join(' '));
  return { outcome: left.length === 0 ? 'compensated' : 'compensation-failed', messages: [new AIMessage(lines.join(' '))] };
}

function namesOf(compensations: readonly CompensationRecord[], status: CompensationRecord['status']): string[] {
  return compensations.filter((record) => record.status === status).map(({ name }) => name);
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
  compensate: 'fail',
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
