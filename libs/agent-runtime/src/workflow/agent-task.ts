import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import { MAX_SUPERSTEPS } from '@holdfast/contracts/limits';
import type { RunError } from '@holdfast/contracts/runs';
import { type AgentTaskInput, type AgentTaskResult, type BeginRunGo, type RunRef, RUN_FENCED } from '../api';
import { type RunnableGraph, toApiForm } from '../graph';
import { type RegisteredGraph, registeredGraph } from '../graph/registry';
import { runtimeActivities } from './activities';
import { ActivityCalls } from './calls/activity-calls';
import { AgentMeter } from './agent-budget';
import { callAgentTask } from './agent-task-call';
import { viewOfHead } from './checkpoint-draft';
import { codeOf, isCancelled, toRunError, unknownGraph } from './failure';
import { GraphDrive } from './graph-drive';
import { GraphWatch } from './graph-watch';
import { JournalPump } from './journal-pump';
import { type LoadedState, loadState } from './load-state';
import { localResults } from './local-results';
import type { GraphOutcome } from './run-graph';
import { startIdClock } from './sandbox/ids';
import { startRandom } from './sandbox/random';
import { packSaved } from './saved-state';
import { WorkflowSaver } from './saver';
import { TaskRecorder } from './task-recorder';

/** How a task ended, or what it goes on with in the next execution. */
export type TaskOutcome =
  | { readonly kind: 'done'; readonly result: AgentTaskResult }
  | { readonly kind: 'failed'; readonly error: RunError }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'carried'; readonly input: AgentTaskInput };

/** The task's graph with its state, and what the run is told of it. */
interface LoadedTask extends Pick<LoadedState, 'saver' | 'form'> {
  readonly graph: RunnableGraph;
  readonly recorder: TaskRecorder;
}

/** A graph that runs for a node of another one, in a workflow of its own. */
export class AgentTask {
  private readonly startedAt: number;
  private cancelled = false;

  private constructor(
    private readonly input: AgentTaskInput,
    private readonly loaded: LoadedTask,
    private readonly graphDrive: GraphDrive,
    private readonly calls: ActivityCalls,
    private readonly pump: JournalPump,
    private readonly meter: AgentMeter,
  ) {
    this.startedAt = input.carried?.startedAt ?? workflowInfo().startTime.getTime();
  }

  /** @throws HoldfastError GRAPH_UNKNOWN */
  static async prepare(input: AgentTaskInput): Promise<AgentTask> {
    const { tenantId, originRunId, taskId, graphId, ns, step, carried, answered } = input;
    const registered = registeredGraph(graphId);
    if (registered === undefined) throw unknownGraph(graphId);
    const ref = refOf(input);
    const { saver, form } = await loadTask(input, registered);
    // The same for every execution of the task: the names of its calls come from it.
    startIdClock(`${tenantId}/${originRunId}/${taskId}`, saver.headId);
    startRandom(`${tenantId}/${originRunId}/${taskId}/${saver.headId ?? ''}`);
    const meter = new AgentMeter(input.budget, carried?.spent ?? answered?.spent);
    const recorder = new TaskRecorder({ saver, ns, step });
    const lane = input.lane ?? registered.lane;
    const watch = new GraphWatch(taskId);
    const { callNaming = 'place', boundsCalls = false, settlesCalls = false, boundsReplay = false } = input;
    const rules = { callNaming, boundsCalls, settlesCalls, boundsReplay };
    const calls = new ActivityCalls({
      ref,
      ...rules,
      graphId,
      originRunId,
      lane,
      lists: saver.lists,
      task: { taskId, ns, meter },
      startAgent: (named) => callAgentTask({ ...named, ...ref, ...rules, step, ...(input.lane === undefined ? {} : { lane: input.lane }) }),
      mayGoOn: () => watch.mayGoOn(),
      onToolCalled: (data) => recorder.toolCalled(data),
      // Its frames are in no finished step, and only those tell of their calls.
      onModelAnswered: () => undefined,
      onModelReplaced: (data) => recorder.modelReplaced(data),
    });
    const pump = new JournalPump({
      ref,
      lastCommit: carried?.lastCommit ?? 0,
      recorder,
      quiet: (predicate) => localResults().quiet(predicate),
      commit: ({ commit, events }) => runtimeActivities.commitTask({ ...ref, taskId, commit, events }),
    });
    const { graph } = registered;
    const drive = new GraphDrive({ graph, saver, ids: input, watch, boundsReplay, recorder, isQuiet: () => recorder.isEmpty });
    return new AgentTask(input, { graph, saver, form, recorder }, drive, calls, pump, meter);
  }

  /** Ends the calls under way; the task ends as soon as its graph lets go. */
  cancel(): void {
    this.cancelled = true;
    this.calls.cancel();
  }

  /** Drives the graph to its end. Never throws for what a graph or a call does. */
  async drive(): Promise<TaskOutcome> {
    const pumping = this.pump.run();
    // Observed below; until then a failure must not count as unhandled.
    pumping.catch(() => this.cancel());
    const clock = this.startClock();
    const outcome = await this.driveGraph();
    clock.cancel();
    this.calls.cancel();
    this.pump.close();
    try {
      await pumping;
    } catch (error) {
      // The run is over: nobody waits for this task.
      return codeOf(error) === RUN_FENCED ? { kind: 'cancelled' } : { kind: 'failed', error: toRunError(error) };
    }
    return outcome === 'drained' ? { kind: 'carried', input: await this.carriedInput() } : outcome;
  }

  private async driveGraph(): Promise<TaskOutcome | 'drained'> {
    try {
      const outcome = this.cancelled ? 'interrupted' : await this.runGraph();
      if (this.cancelled) return { kind: 'cancelled' };
      if (outcome === 'drained') return 'drained';
      if (outcome === 'interrupted') return { kind: 'done', result: await this.asking() };
      return { kind: 'done', result: { values: await this.values(), spent: this.meter.spent(this.loaded.recorder.steps) } };
    } catch (error) {
      if (this.cancelled) return { kind: 'cancelled' };
      if (this.meter.isOutOfTime && isCancelled(error)) return { kind: 'failed', error: toRunError(this.meter.outOfTime()) };
      return { kind: 'failed', error: toRunError(error) };
    }
  }

  private async runGraph(): Promise<GraphOutcome> {
    const left = Math.min(this.meter.stepsLeft ?? MAX_SUPERSTEPS, MAX_SUPERSTEPS);
    if (left < 1) throw this.meter.outOfSteps();
    // LangGraph looks at its limit before it sees that it has finished; from a checkpoint on it counts from two steps later.
    const recursionLimit = Math.max(1, this.isFresh ? left + 1 : left - 1);
    try {
      return await this.graphDrive.run(this.begin(recursionLimit), this.calls, recursionLimit);
    } catch (error) {
      throw this.meter.stepsLeft !== undefined && toRunError(error).code === 'GRAPH_RECURSION_LIMIT' ? this.meter.outOfSteps() : error;
    }
  }

  /** It begins with its input. */
  private get isFresh(): boolean {
    return this.input.carried === undefined && this.input.answered === undefined;
  }

  private begin(recursionLimit: number): BeginRunGo {
    const { graphId, input, configurable, context } = this.input;
    return {
      kind: 'go',
      graphId,
      input: this.isFresh ? input : null,
      config: { recursionLimit, configurable, tags: [] },
      context,
      interruptBefore: null,
      interruptAfter: null,
      durability: 'async',
      forked: false,
      called: [],
      saved: null,
      step: -1,
      lastCommit: 0,
    };
  }

  /** Ends the calls when the time is up. By a timer, and not by the workflow's clock, which is another one when results are replayed. */
  private startClock(): CancellationScope {
    const scope = new CancellationScope();
    const { seconds } = this.input.budget;
    if (seconds === undefined) return scope;
    const leftMs = Math.max(1, seconds * 1_000 - (workflowInfo().startTime.getTime() - this.startedAt));
    void scope
      .run(() => sleep(leftMs))
      .then(
        () => {
          this.meter.endTime();
          this.calls.cancel();
        },
        () => undefined,
      );
    return scope;
  }

  /** People are asked by the graph that waits for this one, one question after the other. */
  private async asking(): Promise<AgentTaskResult> {
    const { taskId, originRunId, answered } = this.input;
    const { graph, saver, form, recorder } = this.loaded;
    const view = await viewOfHead(graph, saver);
    const [question] = (view?.tasks ?? []).flatMap(({ interrupts, result }) => (result === undefined ? interrupts : []));
    if (question === undefined) throw new HoldfastError('NOT_SUPPORTED', `the sub-agent ${this.input.graphId} stops without a question`);
    const saved = packSaved({ runId: taskId, originRunId, steps: 0 }, await saver.dump(), form);
    return { values: {}, spent: this.meter.spent(recorder.steps), asks: { taskId, part: (answered?.part ?? 0) + 1, question, saved } };
  }

  private async values(): Promise<AgentTaskResult['values']> {
    const { graph, saver } = this.loaded;
    const snapshot = await graph.getState({ configurable: { thread_id: this.input.threadId, __pregel_checkpointer: saver } });
    return toApiForm(snapshot.values) as AgentTaskResult['values'];
  }

  private async carriedInput(): Promise<AgentTaskInput> {
    const { saver, recorder } = this.loaded;
    const spent = this.meter.spent(recorder.steps);
    return { ...this.input, input: null, carried: { saved: await saver.dump(), spent, lastCommit: this.pump.commits, startedAt: this.startedAt } };
  }
}

async function loadTask(input: AgentTaskInput, registered: RegisteredGraph): Promise<Pick<LoadedState, 'saver' | 'form'>> {
  const { graphId, taskId, carried, answered } = input;
  if (carried !== undefined || answered === undefined) {
    return { saver: await WorkflowSaver.load(carried?.saved ?? null), form: { graphId, version: registered.version } };
  }
  const { saver, form } = await loadState(graphId, registered, answered, { runId: taskId, goesOn: true });
  const { id } = answered.question;
  if (id === undefined || !saver.answer({ [id]: answered.answer })) throw new HoldfastError('INTERNAL', 'a sub-agent has no question for its answer');
  return { saver, form };
}

function refOf({ tenantId, threadId, runId, traceparent }: AgentTaskInput): RunRef {
  return { tenantId, threadId, runId, ...(traceparent === undefined ? {} : { traceparent }) };
}
