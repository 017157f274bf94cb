import { RunControl } from '@langchain/langgraph';
import { workflowInfo } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { Interrupt } from '@holdfast/contracts/runs';
import type { BeginRunGo, CancelRunCommand, RunEnd, RunRef } from '../api';
import type { RunnableGraph } from '../graph';
import { registeredGraph } from '../graph/registry';
import { runtimeActivities } from './activities';
import { ActivityCalls } from './activity-calls';
import { viewOfHead } from './checkpoint-draft';
import { isCancelled, toRunError, unknownGraph } from './failure';
import { JournalPump } from './journal-pump';
import { localResults } from './local-results';
import { type GraphOutcome, runGraph } from './run-graph';
import { WorkflowSaver } from './saver';
import { unpackSaved } from './saved-state';
import { startIdClock } from './sandbox/ids';
import { startRandom } from './sandbox/random';
import { StepRecorder } from './step-recorder';

/** Replaying more events than this takes over a second on a small machine; the server's own hint comes at four thousand. */
const MAX_HISTORY_EVENTS = 1_500;

/** The parts that work together while a graph is driven. */
export class GraphTurn {
  private readonly control = new RunControl();

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
  ) {}

  /**
   * Brings the parts together.
   * @throws HoldfastError GRAPH_UNKNOWN; TypeError for a checkpoint of another form.
   */
  static async prepare(ref: RunRef, begin: BeginRunGo): Promise<GraphTurn> {
    const registered = registeredGraph(begin.graphId);
    if (registered === undefined) throw unknownGraph(begin.graphId);
    const { graph, lane } = registered;
    // Without input of its own, from where the thread stands: a resume, or another try of what failed.
    const goesOn = begin.input === null && !begin.forked;
    const { dump, run } = unpackSaved(begin.saved, ref.runId, goesOn);
    const saver = await WorkflowSaver.load(dump);
    // One owner for runs that go on from one another: the names of their calls come from it.
    startIdClock(`${ref.tenantId}/${run.originRunId}`, saver.headId);
    startRandom(`${ref.tenantId}/${ref.runId}/${saver.headId ?? ''}`);
    const inJournal = new Set(begin.called);
    const calls: ActivityCalls = new ActivityCalls({
      ref,
      graphId: begin.graphId,
      originRunId: run.originRunId,
      lane: begin.durability === 'sync' ? 'normal' : lane,
      onToolCalled: (data) => {
        if (!inJournal.has(data.call_id)) recorder.toolCalled(data);
      },
      onModelAnswered: (reply) => recorder.modelAnswered(reply),
    });
    const recorder = new StepRecorder({
      runId: ref.runId,
      saver,
      stepsBefore: run.steps,
      continues: begin.lastCommit > 0,
      takesOver: begin.lastCommit > 0 && workflowInfo().continuedFromExecutionRunId === undefined,
      originRunId: run.originRunId,
    });
    const pump = new JournalPump({
      ref,
      lastCommit: begin.lastCommit,
      recorder,
      quiet: (predicate) => localResults().quiet(predicate),
      commit: (batch) => runtimeActivities.commitProgress(batch),
    });
    return new GraphTurn(ref, begin, graph, saver, recorder, calls, pump);
  }

  /** Drives the graph; undefined when it was drained and goes on in the next workflow execution. */
  async finish(cancelCommand: () => CancelRunCommand | undefined): Promise<RunEnd | undefined> {
    const end = await this.driveGraph(cancelCommand);
    // Siblings of a node that failed are not waited for; their calls must not go on for nobody.
    this.calls.cancel();
    // The last checkpoint of a success is complete, and the checkpoints of a run that is rolled back are deleted.
    if (end === undefined || end.status === 'success' || end.rollback === true) return end;
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
      const outcome = cancelCommand() === undefined ? await this.runGraph() : 'cancelled';
      if (outcome === 'drained') return undefined;
      if (outcome !== 'cancelled') return { status: outcome === 'done' ? 'success' : 'interrupted', steps: this.recorder.steps };
    } catch (error) {
      if (cancelCommand() === undefined || !isCancelled(error)) return { status: 'error', steps: this.recorder.steps, error: toRunError(error) };
    }
    const command = cancelCommand();
    return { status: 'cancelled', steps: this.recorder.steps, reason: command?.reason ?? 'cancelled', rollback: command?.action === 'rollback' };
  }

  private async runGraph(): Promise<GraphOutcome> {
    const recursionLimit = this.begin.config.recursionLimit - this.recorder.steps;
    if (recursionLimit < 1) throw new HoldfastError('GRAPH_RECURSION_LIMIT', `no superstep is left of ${this.begin.config.recursionLimit}`);
    return runGraph({
      graph: this.graph,
      begin: this.begin,
      ids: this.ref,
      saver: this.saver,
      calls: this.calls,
      recursionLimit,
      control: this.control,
      onChunk: (ns, mode, payload) => {
        this.recorder.chunk(ns, mode, payload);
        if (!this.control.drainRequested && historyIsLong()) this.control.requestDrain('continue-as-new');
      },
    });
  }
}

function historyIsLong(): boolean {
  const info = workflowInfo();
  return info.continueAsNewSuggested || info.historyLength > MAX_HISTORY_EVENTS;
}
