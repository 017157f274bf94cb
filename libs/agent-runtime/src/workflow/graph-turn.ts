import { RunControl } from '@langchain/langgraph';
import { condition, workflowInfo } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { RunEventDraft } from '@holdfast/contracts/events';
import { MAX_RESULT_BYTES, MAX_SAVED_BYTES } from '@holdfast/contracts/limits';
import type { Interrupt } from '@holdfast/contracts/runs';
import type { BeginRunGo, CancelRunCommand, RunEnd, RunRef } from '../api';
import type { RunnableGraph } from '../graph';
import { registeredGraph } from '../graph/registry';
import { runtimeActivities } from './activities';
import { ActivityCalls } from './activity-calls';
import { callAgentTask } from './agent-task-call';
import { viewOfHead } from './checkpoint-draft';
import { isCancelled, toRunError, unknownGraph } from './failure';
import { GraphWatch } from './graph-watch';
import { historyIsLong } from './history-length';
import { injectValues } from './inject-values';
import { JoinedCommits } from './joined-commits';
import { JournalPump } from './journal-pump';
import { localResults } from './local-results';
import { loadState } from './load-state';
import { requireStorable } from './measure';
import type { Pausing } from './pausing';
import { type ChunkMode, type GraphOutcome, runGraph } from './run-graph';
import type { WorkflowSaver } from './saver';
import { startIdClock } from './sandbox/ids';
import { startRandom } from './sandbox/random';
import type { Steering, WaitingInjection } from './steering';
import { StepRecorder } from './step-recorder';

/** The parts that work together while a graph is driven. */
export class GraphTurn {
  private control = new RunControl();
  /** Why the run goes on elsewhere, once it is to. */
  private leavesFor: string | undefined;

  private constructor(
    private readonly ref: RunRef,
    private readonly begin: BeginRunGo,
    private readonly graph: RunnableGraph,
    private readonly saver: WorkflowSaver,
    private readonly recorder: StepRecorder,
    /** The graph's way out; cancelled from outside when the run is. */
    readonly calls: ActivityCalls,
    /** The run's way into the journal. */
    readonly pump: JournalPump,
    private readonly steering: Steering,
    private readonly pausing: Pausing,
    private readonly watch: GraphWatch,
    private readonly joined: JoinedCommits,
  ) {}

  /**
   * Brings the parts together.
   * @throws HoldfastError GRAPH_UNKNOWN; what {@link loadState} throws.
   */
  static async prepare(ref: RunRef, begin: BeginRunGo, { steering, pausing }: { steering: Steering; pausing: Pausing }): Promise<GraphTurn> {
    const registered = registeredGraph(begin.graphId);
    if (registered === undefined) throw unknownGraph(begin.graphId);
    const { graph, lane } = registered;
    // Without input of its own, from where the thread stands: a resume, or another try of what failed.
    const goesOn = begin.input === null && !begin.forked;
    const { saver, run, form } = await loadState(begin.graphId, registered, begin, { runId: ref.runId, goesOn });
    // One owner for runs that go on from one another: the names of their calls come from it.
    startIdClock(`${ref.tenantId}/${run.originRunId}`, saver.headId);
    startRandom(`${ref.tenantId}/${ref.runId}/${saver.headId ?? ''}`);
    const watch = new GraphWatch(ref.runId);
    const inJournal = new Set(begin.called);
    const calls: ActivityCalls = new ActivityCalls({
      ref,
      graphId: begin.graphId,
      originRunId: run.originRunId,
      lane: begin.durability === 'sync' ? 'normal' : lane,
      startAgent: (task) => callAgentTask({ ...task, ...ref, step: recorder.runningStep, ...(begin.durability === 'sync' ? { lane: 'normal' } : {}) }),
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
      injected: () => steering.remembered,
      form,
    });
    const pump: JournalPump = new JournalPump({
      ref,
      lastCommit: begin.lastCommit,
      recorder,
      quiet: (predicate) => localResults().quiet(predicate),
      commit: (batch) => joined.commit(batch),
    });
    const joined = new JoinedCommits({ commit: (batch) => runtimeActivities.commitProgress(batch), isCommitDue: () => pump.isDue });
    const answered = form.renamed === undefined ? begin : withAnswers(begin, saver);
    const turn = new GraphTurn(ref, answered, graph, saver, recorder, calls, pump, steering, pausing, watch, joined);
    steering.open(run.injected ?? [], () => turn.control.requestDrain('inject'));
    const journal = { record: (event: RunEventDraft) => recorder.happened(event), nextCommit: () => pump.nextCommit, commits: () => pump.commits };
    pausing.open(journal, begin.paused ?? false, () => turn.control.requestDrain('pause'));
    return turn;
  }

  /** The run goes on in another workflow execution from its next superstep boundary on. */
  drain(reason: string): void {
    this.leavesFor = reason;
    this.control.requestDrain(reason);
  }

  /** Drives the graph; undefined when it was drained and goes on in the next workflow execution. */
  async finish(cancelCommand: () => CancelRunCommand | undefined): Promise<RunEnd | undefined> {
    const end = await this.driveGraph(cancelCommand);
    // Siblings of a node that failed are not waited for; their calls must not go on for nobody.
    this.calls.cancel();
    // The last checkpoint of a success is complete, and the checkpoints of a run that is rolled back are deleted.
    if (end === undefined || end.status === 'success' || end.rollback === true) return end;
    // What was refused is in no checkpoint: the thread stands where its last good step has left it.
    if (isRefused(end)) {
      this.recorder.abandonStep();
      return { ...end, steps: this.recorder.steps };
    }
    const view = await viewOfHead(this.graph, this.saver);
    if (view === undefined) return end;
    this.recorder.settle(view);
    if (end.status !== 'interrupted') return { ...end, steps: this.recorder.steps };
    // A task that was answered and has finished keeps its question while one beside it waits.
    const waiting = view.tasks.filter((task) => task.interrupts.length > 0 && task.result === undefined);
    const interrupts = Object.fromEntries(waiting.map((task): [string, readonly Interrupt[]] => [task.id, task.interrupts]));
    return { ...end, steps: this.recorder.steps, interrupts };
  }

  private async driveGraph(cancelCommand: () => CancelRunCommand | undefined): Promise<RunEnd | undefined> {
    try {
      const outcome = cancelCommand() === undefined ? await this.runGraph(() => cancelCommand() !== undefined) : 'cancelled';
      if (outcome === 'drained') return undefined;
      if (outcome !== 'cancelled') return { status: outcome === 'done' ? 'success' : 'interrupted', steps: this.recorder.steps };
    } catch (error) {
      if (cancelCommand() === undefined || !isCancelled(error)) return { status: 'error', steps: this.recorder.steps, error: toRunError(error) };
    }
    const command = cancelCommand();
    return { status: 'cancelled', steps: this.recorder.steps, reason: command?.reason ?? 'cancelled', rollback: command?.action === 'rollback' };
  }

  /** Stops at a superstep boundary for what is to be put in, or to stand still, and goes on. */
  private async runGraph(isCancelled: () => boolean): Promise<GraphOutcome | 'cancelled'> {
    if (this.steering.isWaiting) this.control.requestDrain('inject');
    if (this.pausing.isWanted) this.control.requestDrain('pause');
    for (let begin = this.begin; ; begin = { ...withoutCommand(begin), input: null }) {
      const outcome = await this.runUntilDrained(begin);
      const pauses = this.pausing.takeStop();
      if (outcome !== 'drained' || !(pauses || this.steering.isWaiting)) return outcome;
      if (pauses) await this.standStill(isCancelled);
      if (pauses && isCancelled()) return 'cancelled';
      if (pauses && historyIsLong()) this.leavesFor ??= 'continue-as-new';
      // What was put in goes through the graph once more, which shows the journal its checkpoint and is drained again.
      if (this.leavesFor !== undefined && !this.steering.isWaiting) return 'drained';
      if (this.steering.isWaiting) this.inject(this.steering.take());
      this.control = new RunControl();
      if (this.leavesFor !== undefined) this.control.requestDrain(this.leavesFor);
    }
  }

  /** Until it may go on, is cancelled or goes on elsewhere, where it stands still again. What is put in meanwhile waits with it. */
  private async standStill(isCancelled: () => boolean): Promise<void> {
    if (!this.pausing.isWanted || isCancelled()) return;
    // Also when it leaves at once: the journal tells the next execution that it stands.
    this.pausing.stand();
    this.steering.stand(true);
    // Who asks again and again what became of a command makes its history long.
    await condition(() => !this.pausing.isWanted || isCancelled() || this.leavesFor !== undefined || historyIsLong());
    this.steering.stand(false);
  }

  private inject(waiting: readonly WaitingInjection[]): void {
    const commit = this.pump.nextCommit;
    const { checkpointId, refused } = injectValues(this.graph, this.saver, waiting.map(({ command }) => command));
    for (const injection of waiting) {
      const error = refused.get(injection.command);
      if (error !== undefined || checkpointId === undefined) injection.refused(error);
      else this.steering.applied(injection, checkpointId, () => this.pump.commits >= commit);
    }
  }

  private runUntilDrained(begin: BeginRunGo): Promise<GraphOutcome> {
    const recursionLimit = begin.config.recursionLimit - this.recorder.steps;
    if (recursionLimit < 1) throw new HoldfastError('GRAPH_RECURSION_LIMIT', `no superstep is left of ${begin.config.recursionLimit}`);
    if (!this.watch.mayGoOn()) return this.watch.givenUp;
    this.watch.watchIdle(() => this.recorder.isEmpty && this.joined.isEmpty);
    const stopped = runGraph({
      graph: this.graph,
      begin,
      ids: this.ref,
      saver: this.saver,
      calls: this.calls,
      recursionLimit,
      control: this.control,
      onChunk: (ns, mode, payload) => {
        this.requireBounded(ns, mode, payload);
        this.recorder.chunk(ns, mode, payload);
        if (!this.control.drainRequested && historyIsLong()) this.control.requestDrain('continue-as-new');
      },
    });
    return Promise.race([stopped, this.watch.givenUp]).finally(() => this.watch.end());
  }

  /** A node's results are measured by the saver, which gets them first. */
  private requireBounded(ns: readonly string[], mode: ChunkMode, payload: unknown): void {
    if (this.saver.refusal !== undefined) throw this.saver.refusal;
    if (mode === 'custom') requireStorable(payload, 'A custom event', MAX_RESULT_BYTES, 'RESULT_TOO_LARGE');
    if (mode === 'checkpoints' && ns.length === 0) {
      requireStorable((payload as { readonly values: unknown }).values, 'The state', MAX_SAVED_BYTES, 'STATE_TOO_LARGE');
    }
  }
}

function isRefused({ error }: RunEnd): boolean {
  return error?.code === 'RESULT_INVALID' || error?.code === 'RESULT_TOO_LARGE' || error?.code === 'STATE_TOO_LARGE';
}

function withoutCommand({ command: _, ...begin }: BeginRunGo): BeginRunGo {
  return begin;
}

/** Of a state whose nodes have other names now, LangGraph would look for the questions under other ids than people know. */
function withAnswers(begin: BeginRunGo, saver: WorkflowSaver): BeginRunGo {
  const { command, ...rest } = begin;
  const { resume, ...others } = command ?? {};
  if (typeof resume !== 'object' || resume === null || !saver.answer(resume as Record<string, unknown>)) return begin;
  return Object.keys(others).length === 0 ? { ...rest, input: null } : { ...rest, command: others };
}
