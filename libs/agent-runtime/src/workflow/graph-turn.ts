import { RunControl } from '@langchain/langgraph';
import { condition, workflowInfo } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { RunEventDraft } from '@holdfast/contracts/events';
import { MAX_RESULT_BYTES, MAX_SAVED_BYTES, MAX_STATE_BYTES } from '@holdfast/contracts/limits';
import type { Interrupt } from '@holdfast/contracts/runs';
import type { BeginRunGo, CancelRunCommand, RunEnd, RunRef } from '../api';
import type { RunnableGraph } from '../graph';
import { registeredGraph } from '../graph/registry';
import { runtimeActivities } from './activities';
import { ActivityCalls } from './activity-calls';
import { namingOf } from './call-names';
import { callAgentTask } from './agent-task-call';
import { viewOfHead } from './checkpoint-draft';
import { compensationError, divert, untilLetGo } from './compensation';
import { isCancelled, isRefused, toRunError, unknownGraph } from './failure';
import { GraphWatch } from './graph-watch';
import { graphWork } from './graph-work';
import { historyIsLong } from './history-length';
import { injectValues } from './inject-values';
import { JoinedCommits } from './joined-commits';
import type { KeptState } from './kept-state';
import { JournalPump } from './journal-pump';
import { localResults } from './local-results';
import { loadState } from './load-state';
import { requireStorable } from './measure';
import type { Part } from './message-lists';
import { afterStop, withAnswers } from './resume-answers';
import type { Pausing } from './pausing';
import { type ChunkMode, type GraphOutcome, runGraph } from './run-graph';
import type { WorkflowSaver } from './saver';
import { startIdClock } from './sandbox/ids';
import { startRandom } from './sandbox/random';
import type { Steering, WaitingInjection } from './steering';
import { StepRecorder } from './step-recorder';
import { utf8Bytes } from './stored-size';

/** What a {@link GraphTurn} is given. */
interface TurnParts {
  readonly steering: Steering;
  readonly pausing: Pausing;
  /** Of the thread's run before, see `KeptState`. */
  readonly kept: ReadonlyMap<string, Part>;
}

/** The parts that work together while a graph is driven. */
export class GraphTurn {
  private control = new RunControl();
  /** Why the run goes on elsewhere, once it is to. */
  private leavesFor: string | undefined;
  private compensates = false;
  private lost = false;
  private calls: ActivityCalls;

  private constructor(
    private readonly ref: RunRef & { readonly originRunId: string },
    private readonly begin: BeginRunGo,
    private readonly graph: RunnableGraph,
    private readonly saver: WorkflowSaver,
    private readonly recorder: StepRecorder,
    private readonly compensateNode: string | undefined,
    private readonly newCalls: () => ActivityCalls,
    /** The run's way into the journal. */
    readonly pump: JournalPump,
    private readonly steering: Steering,
    private readonly pausing: Pausing,
    private readonly watch: GraphWatch,
    private readonly joined: JoinedCommits,
  ) {
    this.calls = newCalls();
  }

  /**
   * Brings the parts together.
   * @throws HoldfastError GRAPH_UNKNOWN; what {@link loadState} throws.
   */
  static async prepare(ref: RunRef, begin: BeginRunGo, { steering, pausing, kept }: TurnParts): Promise<GraphTurn> {
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
    const answered = form.renamed === undefined ? begin : withAnswers(begin, saver);
    const named = { ...ref, originRunId: run.originRunId };
    const turn = new GraphTurn(named, answered, graph, saver, recorder, compensate, newCalls, pump, steering, pausing, watch, joined);
    steering.open(run.injected ?? [], () => turn.control.requestDrain('inject'));
    const journal = { record: (event: RunEventDraft) => recorder.happened(event), nextCommit: () => pump.nextCommit, commits: () => pump.commits };
    pausing.open(journal, begin.paused ?? false, () => turn.control.requestDrain('pause'));
    return turn;
  }

  /** For the thread's next run. */
  leaveTo(kept: KeptState): void {
    kept.keep(this.saver.lists);
  }

  /** The run goes on in another workflow execution from its next superstep boundary on. */
  drain(reason: string): void {
    this.leavesFor = reason;
    this.control.requestDrain(reason);
  }

  /** Ends the calls under way: the graph lets go then. Not those that take back what the run did. */
  cancel(): void {
    if (!this.compensates) this.calls.cancel();
  }

  /** The run is not this workflow's any more. */
  lose(): void {
    this.lost = true;
    this.calls.cancel();
  }

  /** True once the run takes back what it did. */
  get isCompensating(): boolean {
    return this.compensates;
  }

  /** Drives the graph; undefined when it was drained and goes on in the next workflow execution. */
  async finish(cancelCommand: () => CancelRunCommand | undefined): Promise<RunEnd | undefined> {
    const end = await this.driveGraph(cancelCommand);
    // Siblings of a node that failed are not waited for; their calls must not go on for nobody.
    this.calls.cancel();
    // The last checkpoint of a success is complete, and the checkpoints of a run that is rolled back are deleted.
    if (end === undefined || end.status === 'success' || end.rollback === true) return end;
    // What was refused is in no checkpoint: the thread stands where its last good step has left it.
    if (isRefused(end.error)) {
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
    const { compensation } = this.begin;
    if (compensation !== undefined) return this.compensate(compensation);
    // However the graph stopped.
    const takesBack = (): boolean => cancelCommand()?.action === 'compensate';
    const undoes = (): boolean => takesBack() || cancelCommand()?.action === 'rollback';
    try {
      const outcome = cancelCommand() === undefined ? await this.runGraph(this.begin, () => cancelCommand() !== undefined) : 'cancelled';
      if (outcome === 'done' && !(undoes() && this.begin.undoesDone === true)) return { status: 'success', steps: this.recorder.steps };
      if (outcome === 'drained' && !takesBack()) return undefined;
      if (outcome === 'interrupted' && !undoes()) return { status: 'interrupted', steps: this.recorder.steps };
    } catch (error) {
      const stops = cancelCommand() !== undefined && (undoes() || isCancelled(error));
      if (!stops) return { status: 'error', steps: this.recorder.steps, error: toRunError(error) };
    }
    const command = cancelCommand();
    if (command?.action === 'compensate' && !this.hasDoneNothing) return this.compensate({ reason: command.reason, begun: false });
    return { status: 'cancelled', steps: this.recorder.steps, reason: command?.reason ?? 'cancelled', rollback: command?.action === 'rollback' };
  }

  /** Only for a run with input: one without goes on with what others have done. */
  private get hasDoneNothing(): boolean {
    return this.begin.input !== null && this.begin.lastCommit === 0 && this.recorder.steps === 0 && !this.calls.wereMade;
  }

  /** Takes back what was done; nothing but the loss of the run cuts it short. Undefined when it goes on in the next workflow execution. */
  private async compensate({ reason, begun }: { readonly reason: string; readonly begun: boolean }): Promise<RunEnd | undefined> {
    this.compensates = true;
    this.calls.cancel();
    try {
      if (!begun) await this.beginCompensation(reason);
      if (!this.lost) this.calls = this.newCalls();
      this.control = new RunControl();
      if (this.leavesFor !== undefined) this.control.requestDrain(this.leavesFor);
      const { command: _, ...begin } = this.begin;
      const outcome = await this.runGraph({ ...begin, input: null, interruptBefore: null, interruptAfter: null }, () => false);
      if (outcome === 'drained') return undefined;
      const { steps } = this.recorder;
      return outcome === 'interrupted' ? { status: 'interrupted', steps } : { status: 'cancelled', steps, reason, compensated: true };
    } catch (error) {
      return { status: 'error', steps: this.recorder.steps, error: compensationError(error) };
    }
  }

  /** Returns when it is in the journal: whoever takes the run over goes on with it. */
  private async beginCompensation(reason: string): Promise<void> {
    const node = this.compensateNode;
    if (node === undefined) throw new HoldfastError('NOT_SUPPORTED', `this build's graph ${this.begin.graphId} cannot take back what it did`);
    await untilLetGo(this.ref, this.calls.cutOff);
    this.pausing.lift();
    await divert(this.graph, this.saver, node);
    const view = await viewOfHead(this.graph, this.saver);
    this.recorder.happened({ type: 'run.compensation-started.v1', data: { reason, node } });
    if (view !== undefined) this.recorder.settle(view);
    const commit = this.pump.nextCommit;
    await condition(() => this.lost || this.pump.commits >= commit);
  }

  /** Stops at a superstep boundary for what is to be put in, or to stand still, and goes on. */
  private async runGraph(from: BeginRunGo, isCancelled: () => boolean): Promise<GraphOutcome | 'cancelled'> {
    if (this.steering.isWaiting) this.control.requestDrain('inject');
    if (this.pausing.isWanted) this.control.requestDrain('pause');
    for (let begin = from; ; ) {
      const { steps } = this.recorder;
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
      begin = afterStop(begin, this.saver, this.recorder.steps > steps);
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
      else this.steering.applied(injection, checkpointId, () => !this.recorder.isRefused && this.pump.commits >= commit);
    }
  }

  private runUntilDrained(begin: BeginRunGo): Promise<GraphOutcome> {
    // What the run has used up must not be missing where that is taken back.
    const most = begin.config.recursionLimit * (this.compensates ? 2 : 1);
    const recursionLimit = most - this.recorder.steps;
    if (recursionLimit < 1) throw new HoldfastError('GRAPH_RECURSION_LIMIT', `no superstep is left of ${most}`);
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
        const bytes = this.requireBounded(ns, mode, payload);
        if (begin.boundsReplay === true) graphWork().add(bytes);
        this.recorder.chunk(ns, mode, payload);
        if (!this.control.drainRequested && historyIsLong()) this.control.requestDrain('continue-as-new');
      },
    });
    return Promise.race([stopped, this.watch.givenUp]).finally(() => this.watch.end());
  }

  /** A node's results are measured by the saver, which gets them first. @returns bytes of the state, without those lists that are measured already */
  private requireBounded(ns: readonly string[], mode: ChunkMode, payload: unknown): number {
    if (this.saver.refusal !== undefined) throw this.saver.refusal;
    if (mode === 'custom') requireStorable(payload, 'A custom event', MAX_RESULT_BYTES, 'RESULT_TOO_LARGE');
    if (mode !== 'checkpoints' || ns.length > 0) return 0;
    const { values } = payload as { readonly values: unknown };
    let known = 0;
    const size = requireStorable(values, 'The state', MAX_SAVED_BYTES, 'STATE_TOO_LARGE', (list) => {
      const measured = this.saver.lists.measured(list);
      known += measured.bytes;
      return measured;
    });
    return size - known;
  }
}
