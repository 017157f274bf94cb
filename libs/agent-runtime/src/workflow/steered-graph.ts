import { condition } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { BeginRunGo } from '../api';
import type { CallPort, RunnableGraph } from '../graph';
import type { GraphDrive } from './graph-drive';
import { historyIsLong } from './history-length';
import { injectValues } from './inject-values';
import type { JournalPump } from './journal-pump';
import type { Pausing } from './pausing';
import { afterStop } from './resume-answers';
import type { GraphOutcome } from './run-graph';
import type { WorkflowSaver } from './saver';
import type { Steering, WaitingInjection } from './steering';
import type { StepRecorder } from './step-recorder';

/** A run's graph with its state, and what the journal is told of it. */
export interface LoadedGraph {
  readonly graph: RunnableGraph;
  readonly saver: WorkflowSaver;
  readonly recorder: StepRecorder;
}

/** What a run takes from outside while its graph is driven. */
export interface RunCommands {
  readonly steering: Steering;
  readonly pausing: Pausing;
}

/** How far a graph is driven. */
export interface DriveLimits {
  /** Supersteps of the run, those included that were done. */
  readonly mostSteps: number;
  readonly calls: CallPort;
  /** The run is cancelled: it does not stand still any more. */
  readonly isCancelled: () => boolean;
}

/** A run's graph that stops at superstep boundaries for commands from outside, and to go on in another workflow execution. */
export class SteeredGraph {
  /** Why the run goes on elsewhere, once it is to. */
  private leavesFor: string | undefined;

  constructor(
    private readonly loaded: LoadedGraph,
    private readonly drive: GraphDrive,
    private readonly commands: RunCommands,
    private readonly pump: JournalPump,
  ) {}

  /** The run goes on in another workflow execution from its next superstep boundary on. */
  leave(reason: string): void {
    this.leavesFor = reason;
    this.drive.requestDrain(reason);
  }

  /** What it was to stop for is over; that it goes on elsewhere is not. */
  renew(): void {
    this.drive.renew();
    if (this.leavesFor !== undefined) this.drive.requestDrain(this.leavesFor);
  }

  /**
   * Drives the graph; stops at superstep boundaries for what is to be put in, or to stand still, and goes on.
   * @throws HoldfastError GRAPH_RECURSION_LIMIT; what {@link GraphDrive.run} throws
   */
  async run(from: BeginRunGo, limits: DriveLimits): Promise<GraphOutcome | 'cancelled'> {
    const { steering, pausing } = this.commands;
    const { saver, recorder } = this.loaded;
    if (steering.isWaiting) this.drive.requestDrain('inject');
    if (pausing.isWanted) this.drive.requestDrain('pause');
    for (let begin = from; ; ) {
      const { steps } = recorder;
      const outcome = await this.runUntilDrained(begin, limits);
      const pauses = pausing.takeStop();
      if (outcome !== 'drained' || !(pauses || steering.isWaiting)) return outcome;
      if (pauses) await this.standStill(limits);
      if (pauses && limits.isCancelled()) return 'cancelled';
      if (pauses && historyIsLong()) this.leavesFor ??= 'continue-as-new';
      // What was put in goes through the graph once more, which shows the journal its checkpoint and is drained again.
      if (this.leavesFor !== undefined && !steering.isWaiting) return 'drained';
      if (steering.isWaiting) this.inject(steering.take());
      this.renew();
      begin = afterStop(begin, saver, recorder.steps > steps);
    }
  }

  private runUntilDrained(begin: BeginRunGo, { mostSteps, calls }: DriveLimits): Promise<GraphOutcome> {
    const left = mostSteps - this.loaded.recorder.steps;
    if (left < 1) throw new HoldfastError('GRAPH_RECURSION_LIMIT', `no superstep is left of ${mostSteps}`);
    return this.drive.run(begin, calls, left);
  }

  /** Until it may go on, is cancelled or goes on elsewhere, where it stands still again. What is put in meanwhile waits with it. */
  private async standStill({ isCancelled }: DriveLimits): Promise<void> {
    const { steering, pausing } = this.commands;
    if (!pausing.isWanted || isCancelled()) return;
    // Also when it leaves at once: the journal tells the next execution that it stands.
    pausing.stand();
    steering.stand(true);
    // Who asks again and again what became of a command makes its history long.
    await condition(() => !pausing.isWanted || isCancelled() || this.leavesFor !== undefined || historyIsLong());
    steering.stand(false);
  }

  private inject(waiting: readonly WaitingInjection[]): void {
    const { graph, saver, recorder } = this.loaded;
    const commit = this.pump.nextCommit;
    const { checkpointId, refused } = injectValues(graph, saver, waiting.map(({ command }) => command));
    for (const injection of waiting) {
      const error = refused.get(injection.command);
      if (error !== undefined || checkpointId === undefined) injection.refused(error);
      else this.commands.steering.applied(injection, checkpointId, () => !recorder.isRefused && this.pump.commits >= commit);
    }
  }
}
