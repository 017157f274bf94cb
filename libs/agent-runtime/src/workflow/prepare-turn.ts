import { workflowInfo } from '@temporalio/workflow';
import type { RunEventDraft } from '@holdfast/contracts/events';
import { MAX_SAVED_BYTES, MAX_STATE_BYTES } from '@holdfast/contracts/limits';
import type { BeginRunGo, RunRef } from '../api';
import { registeredGraph } from '../graph/registry';
import { runtimeActivities } from './activities';
import { ActivityCalls } from './calls/activity-calls';
import { callAgentTask } from './agent-task-call';
import { namingOf } from './calls/call-names';
import { requireBounded } from './chunk-bounds';
import { CompensationStart } from './compensation-start';
import { unknownGraph } from './failure';
import { GraphDrive } from './graph-drive';
import { GraphTurn } from './graph-turn';
import { GraphWatch } from './graph-watch';
import { JoinedCommits } from './joined-commits';
import { JournalPump } from './journal-pump';
import { loadState } from './load-state';
import { localResults } from './local-results';
import type { Part } from './message-lists';
import { withAnswers } from './resume-answers';
import { startIdClock } from './sandbox/ids';
import { startRandom } from './sandbox/random';
import { type RunCommands, SteeredGraph } from './steered-graph';
import { StepRecorder } from './step-recorder';
import { utf8Bytes } from './stored-size';

/** What the run shares with its thread. */
interface TurnParts extends RunCommands {
  /** Of the thread's run before, see `KeptState`. */
  readonly kept: ReadonlyMap<string, Part>;
}

/**
 * Loads the state of a run that is to be driven and brings the parts together, by what `beginRun` has answered.
 * @throws HoldfastError GRAPH_UNKNOWN; what {@link loadState} throws
 */
export async function prepareTurn(ref: RunRef, begin: BeginRunGo, { steering, pausing, kept }: TurnParts): Promise<GraphTurn> {
  const registered = registeredGraph(begin.graphId);
  if (registered === undefined) throw unknownGraph(begin.graphId);
  const { graph, lane, compensate } = registered;
  // Without input of its own, from where the thread stands: a resume, or another try of what failed.
  const goesOn = begin.input === null && !begin.forked;
  const { saver, run, form } = await loadState(begin.graphId, registered, begin, { runId: ref.runId, goesOn, kept });
  // One owner for runs that go on from one another: the names of their calls come from it.
  startIdClock(`${ref.tenantId}/${run.originRunId}`, saver.headId);
  startRandom(`${ref.tenantId}/${ref.runId}/${saver.headId ?? ''}`);
  const watch = new GraphWatch(ref.runId);
  const inJournal = new Set(begin.called);
  const { boundsCalls = false, settlesCalls = false, boundsReplay = false } = begin;
  const rules = { callNaming: namingOf(run, begin), boundsCalls, settlesCalls, boundsReplay };
  const always: { readonly lane?: 'normal' } = begin.durability === 'sync' ? { lane: 'normal' } : {};
  const newCalls = (): ActivityCalls => new ActivityCalls({
    ref,
    ...rules,
    graphId: begin.graphId,
    originRunId: run.originRunId,
    lane,
    lists: saver.lists,
    ...always,
    startAgent: (task) => callAgentTask({ ...task, ...ref, ...rules, step: recorder.runningStep, ...always }),
    mayGoOn: () => watch.mayGoOn(),
    ...(begin.joinsCommits === true ? { send: (local) => joined.call(local) } : {}),
    onToolCalled: (data) => {
      if (!inJournal.has(data.call_id)) recorder.toolCalled(data);
    },
    onModelAnswered: (reply) => recorder.modelAnswered(reply),
    onModelReplaced: (data) => recorder.modelReplaced(data),
  });
  const recorder = new StepRecorder({
    runId: ref.runId,
    saver,
    stepsBefore: run.steps,
    continues: begin.lastCommit > 0,
    takesOver: begin.lastCommit > 0 && workflowInfo().continuedFromExecutionRunId === undefined,
    originRunId: run.originRunId,
    callNaming: rules.callNaming,
    injected: () => steering.remembered,
    form,
    mostBytes: Math.min(MAX_STATE_BYTES, MAX_SAVED_BYTES - utf8Bytes(JSON.stringify([begin.context, begin.config]))),
    onRefused: (refusal) => watch.refuse(refusal),
  });
  const pump: JournalPump = new JournalPump({
    ref,
    lastCommit: begin.lastCommit,
    recorder,
    quiet: (predicate) => localResults().quiet(predicate),
    commit: (batch) => joined.commit(batch),
  });
  const joined = new JoinedCommits({ commit: (batch) => runtimeActivities.commitProgress(batch), isCommitDue: () => pump.isDue });
  const drive = new GraphDrive({
    graph,
    saver,
    ids: ref,
    watch,
    boundsReplay,
    recorder,
    isQuiet: () => recorder.isEmpty && joined.isEmpty,
    measure: (ns, mode, payload) => requireBounded(saver.lists, ns, mode, payload),
  });
  const loaded = { graph, saver, recorder };
  const named = { ...ref, originRunId: run.originRunId };
  const compensation = new CompensationStart({ ref: named, graphId: begin.graphId, node: compensate, pausing, pump }, loaded);
  const answered = form.renamed === undefined ? begin : withAnswers(begin, saver);
  const turn = new GraphTurn(answered, loaded, new SteeredGraph(loaded, drive, { steering, pausing }, pump), compensation, pump, newCalls);
  steering.open(run.injected ?? [], () => drive.requestDrain('inject'));
  const journal = { record: (event: RunEventDraft) => recorder.happened(event), nextCommit: () => pump.nextCommit, commits: () => pump.commits };
  pausing.open(journal, begin.paused ?? false, () => drive.requestDrain('pause'));
  return turn;
}
