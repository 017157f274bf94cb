import type { Interrupt } from '@holdfast/contracts/runs';
import type { BeginRunGo, CancelRunCommand, RunEnd } from '../api';
import type { ActivityCalls } from './calls/activity-calls';
import { viewOfHead } from './checkpoint-draft';
import { compensationError } from './compensation';
import type { CompensationStart } from './compensation-start';
import { isCancelled, isRefused, toRunError } from './failure';
import type { JournalPump } from './journal-pump';
import type { KeptState } from './kept-state';
import type { GraphOutcome } from './run-graph';
import type { LoadedGraph, SteeredGraph } from './steered-graph';

/** What a run's graph does, from where it begins to how the run ends; made by `prepareTurn`. */
export class GraphTurn {
  private compensates = false;
  private lost = false;
  private calls: ActivityCalls;

  constructor(
    private readonly begin: BeginRunGo,
    private readonly loaded: LoadedGraph,
    private readonly steered: SteeredGraph,
    private readonly compensation: CompensationStart,
    /** The run's way into the journal. */
    readonly pump: JournalPump,
    private readonly newCalls: () => ActivityCalls,
  ) {
    this.calls = newCalls();
  }

  /** For the thread's next run. */
  leaveTo(kept: KeptState): void {
    kept.keep(this.loaded.saver.lists);
  }

  /** The run goes on in another workflow execution from its next superstep boundary on. */
  drain(reason: string): void {
    this.steered.leave(reason);
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
    const { graph, saver, recorder } = this.loaded;
    const end = await this.driveGraph(cancelCommand);
    // Siblings of a node that failed are not waited for; their calls must not go on for nobody.
    this.calls.cancel();
    // The last checkpoint of a success is complete, and the checkpoints of a run that is rolled back are deleted.
    if (end === undefined || end.status === 'success' || end.rollback === true) return end;
    // What was refused is in no checkpoint: the thread stands where its last good step has left it.
    if (isRefused(end.error)) {
      recorder.abandonStep();
      return { ...end, steps: recorder.steps };
    }
    const view = await viewOfHead(graph, saver);
    if (view === undefined) return end;
    recorder.settle(view);
    if (end.status !== 'interrupted') return { ...end, steps: recorder.steps };
    // A task that was answered and has finished keeps its question while one beside it waits.
    const waiting = view.tasks.filter((task) => task.interrupts.length > 0 && task.result === undefined);
    const interrupts = Object.fromEntries(waiting.map((task): [string, readonly Interrupt[]] => [task.id, task.interrupts]));
    return { ...end, steps: recorder.steps, interrupts };
  }

  private async driveGraph(cancelCommand: () => CancelRunCommand | undefined): Promise<RunEnd | undefined> {
    const { compensation } = this.begin;
    if (compensation !== undefined) return this.compensate(compensation);
    // However the graph stopped.
    const takesBack = (): boolean => cancelCommand()?.action === 'compensate';
    const undoes = (): boolean => takesBack() || cancelCommand()?.action === 'rollback';
    try {
      const outcome = cancelCommand() === undefined ? await this.runGraph(this.begin, () => cancelCommand() !== undefined) : 'cancelled';
      if (outcome === 'done' && !(undoes() && this.begin.undoesDone === true)) return { status: 'success', steps: this.steps };
      if (outcome === 'drained' && !takesBack()) return undefined;
      if (outcome === 'interrupted' && !undoes()) return { status: 'interrupted', steps: this.steps };
    } catch (error) {
      const stops = cancelCommand() !== undefined && (undoes() || isCancelled(error));
      if (!stops) return { status: 'error', steps: this.steps, error: toRunError(error) };
    }
    const command = cancelCommand();
    if (command?.action === 'compensate' && !this.hasDoneNothing) return this.compensate({ reason: command.reason, begun: false });
    return { status: 'cancelled', steps: this.steps, reason: command?.reason ?? 'cancelled', rollback: command?.action === 'rollback' };
  }

  private get steps(): number {
    return this.loaded.recorder.steps;
  }

  /** Only for a run with input: one without goes on with what others have done. */
  private get hasDoneNothing(): boolean {
    return this.begin.input !== null && this.begin.lastCommit === 0 && this.steps === 0 && !this.calls.wereMade;
  }

  /** Takes back what was done; nothing but the loss of the run cuts it short. Undefined when it goes on in the next workflow execution. */
  private async compensate({ reason, begun }: { readonly reason: string; readonly begun: boolean }): Promise<RunEnd | undefined> {
    this.compensates = true;
    this.calls.cancel();
    try {
      if (!begun) await this.compensation.begin(reason, this.calls.cutOff, () => this.lost);
      if (!this.lost) this.calls = this.newCalls();
      this.steered.renew();
      const { command: _, ...begin } = this.begin;
      const outcome = await this.runGraph({ ...begin, input: null, interruptBefore: null, interruptAfter: null }, () => false);
      if (outcome === 'drained') return undefined;
      const { steps } = this;
      return outcome === 'interrupted' ? { status: 'interrupted', steps } : { status: 'cancelled', steps, reason, compensated: true };
    } catch (error) {
      return { status: 'error', steps: this.steps, error: compensationError(error) };
    }
  }

  private runGraph(begin: BeginRunGo, isCancelled: () => boolean): Promise<GraphOutcome | 'cancelled'> {
    // What the run has used up must not be missing where that is taken back.
    const mostSteps = begin.config.recursionLimit * (this.compensates ? 2 : 1);
    return this.steered.run(begin, { mostSteps, calls: this.calls, isCancelled });
  }
}
