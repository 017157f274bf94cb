import { HoldfastError } from '@holdfast/contracts/errors';
import { condition } from '@temporalio/workflow';
import {
  type CancelRunAnswer,
  type CancelRunCommand,
  type InjectInputAnswer,
  type InjectInputCommand,
  type PauseAnswer,
  type PauseRunCommand,
  type ResumeRunCommand,
  type RunDelivery,
  type RunEnd,
  type RunRef,
  RUN_FENCED,
} from '../api';
import { beginRun, beginRunInTurn, runtimeActivities } from './activities';
import { codeOf, toRunError } from './failure';
import type { GraphTurn } from './graph-turn';
import { KeptState } from './kept-state';
import { StateIsNewerError } from './load-state';
import { Pausing } from './pausing';
import { prepareTurn } from './prepare-turn';
import { Steering } from './steering';
import { canCompensate } from './thread-inbox';

/** How a {@link Turn} ended: its run is over; it goes on in the next workflow execution; or these runs come first and it has not begun. */
export type TurnOutcome =
  | { readonly kind: 'over' }
  | { readonly kind: 'carried'; readonly delivery: RunDelivery }
  | { readonly kind: 'after'; readonly runs: readonly RunDelivery[] };

const OVER: TurnOutcome = { kind: 'over' };

/** One run of a thread, from `beginRun` to its last commit. */
export class Turn {
  private readonly ref: RunRef;
  private cancelCommand: CancelRunCommand | undefined;
  private readonly steering = new Steering();
  private readonly pausing = new Pausing();
  private lingers = false;
  /** Whether its end, which is decided and on its way into the journal, undoes what it did; undefined before that. */
  private endUndoes: boolean | undefined;
  private graphTurn: GraphTurn | undefined;
  private isDraining = false;

  constructor(
    thread: { readonly tenantId: string; readonly threadId: string },
    private readonly delivery: RunDelivery,
    private readonly kept = new KeptState(),
  ) {
    const { runId, traceparent, cancel } = delivery;
    this.cancelCommand = cancel;
    this.ref = { tenantId: thread.tenantId, threadId: thread.threadId, runId, ...(traceparent === undefined ? {} : { traceparent }) };
  }

  get runId(): string {
    return this.ref.runId;
  }

  /** See {@link BeginRunGo.mayLinger}; known once the run has begun. */
  get mayLinger(): boolean {
    return this.lingers;
  }

  /**
   * Ends the run as soon as its graph lets go: at once when it waits for a call. The first command counts. To undo what an end that is decided does
   * not undo is answered `not-found`, as of a run that is gone.
   */
  cancel(command: CancelRunCommand): CancelRunAnswer {
    if (command.action === 'compensate') {
      if (!canCompensate(this.delivery.graphId)) return 'no-compensation';
      if (this.cancelCommand !== undefined && this.cancelCommand.action !== 'compensate') return 'ends-without';
    }
    if (command.action !== 'interrupt' && this.endUndoes === false) return 'not-found';
    this.cancelCommand ??= command;
    this.graphTurn?.cancel();
    return 'accepted';
  }

  /** See {@link Steering.inject}. */
  inject(command: InjectInputCommand): Promise<InjectInputAnswer> {
    return this.steering.inject(command);
  }

  /** See {@link Pausing.pause}. */
  pause(command: PauseRunCommand): Promise<PauseAnswer> {
    return this.pausing.pause(command);
  }

  /** See {@link Pausing.resume}. */
  resume(command: ResumeRunCommand): Promise<PauseAnswer> {
    return this.pausing.resume(command);
  }

  /** Carries the run on in another workflow execution from its next superstep boundary on. */
  drain(): void {
    this.isDraining = true;
    this.graphTurn?.drain('another build');
  }

  /** Drives the run until its end is in the journal. Never throws for what a graph or a call does. */
  async drive(): Promise<TurnOutcome> {
    const outcome = await this.driveToEnd();
    const refusal =
      outcome.kind === 'over'
        ? new HoldfastError('CONFLICT', 'the run has ended')
        : new HoldfastError('DEPENDENCY_UNAVAILABLE', 'the run goes on elsewhere: repeat it', { retryAfterMs: 100 });
    this.steering.close(refusal);
    this.pausing.close(refusal);
    return outcome;
  }

  private async driveToEnd(): Promise<TurnOutcome> {
    let lastCommit = 0;
    try {
      let begin = await beginRunInTurn(this.ref, this.kept.told);
      if (begin.kind === 'after') {
        if (this.cancelCommand === undefined) return begin;
        begin = await beginRun(this.ref, this.kept.told);
      }
      if (begin.kind === 'skip') return OVER;
      lastCommit = begin.lastCommit;
      this.lingers = begin.mayLinger ?? false;
      const run = await prepareTurn(this.ref, begin, { steering: this.steering, pausing: this.pausing, kept: this.kept.take() });
      this.graphTurn = run;
      if (this.isDraining) run.drain('another build');
      const pumping = run.pump.run();
      // Observed below; until then a failure must not count as unhandled.
      pumping.catch(() => run.lose());
      const end = await run.finish(() => this.cancelCommand);
      if (end !== undefined) this.endUndoes = run.isCompensating || undoes(end);
      run.pump.close(end);
      try {
        await pumping;
      } finally {
        lastCommit = run.pump.commits;
      }
      if (end?.status === 'success') run.leaveTo(this.kept);
      if (end !== undefined) return OVER;
      const { cancelCommand } = this;
      if (cancelCommand === undefined || run.isCompensating) return { kind: 'carried', delivery: this.delivery };
      // It came too late to stop the graph and must not be lost with this execution.
      if (cancelCommand.action === 'compensate') return { kind: 'carried', delivery: { ...this.delivery, cancel: cancelCommand } };
      await this.endAs(lastCommit + 1, cancelledBy(cancelCommand));
      return OVER;
    } catch (error) {
      if (error instanceof StateIsNewerError) return await this.hold(lastCommit);
      if (codeOf(error) !== RUN_FENCED) await this.endAs(lastCommit + 1, { status: 'error', steps: 0, error: toRunError(error) });
      return OVER;
    }
  }

  /** This build cannot load the state, a later one can: nothing is lost by waiting for it. Only that one can take back what the run did, too. */
  private async hold(lastCommit: number): Promise<TurnOutcome> {
    const isEnded = (): boolean => this.cancelCommand !== undefined && this.cancelCommand.action !== 'compensate';
    await condition(() => this.isDraining || isEnded());
    const { cancelCommand } = this;
    if (cancelCommand === undefined) return { kind: 'carried', delivery: this.delivery };
    if (!isEnded()) return { kind: 'carried', delivery: { ...this.delivery, cancel: cancelCommand } };
    await this.endAs(lastCommit + 1, cancelledBy(cancelCommand));
    return OVER;
  }

  /** Writes an end that the graph did not come to by itself. */
  private async endAs(commit: number, end: RunEnd): Promise<void> {
    this.endUndoes = undoes(end);
    try {
      await runtimeActivities.commitProgress({ ...this.ref, commit, events: [], checkpoints: [], end });
    } catch (failure) {
      if (codeOf(failure) !== RUN_FENCED) throw failure;
    }
  }
}

/** The end of a run that is cancelled before, or apart from, its graph. */
export function cancelledBy({ action, reason }: CancelRunCommand): RunEnd {
  return { status: 'cancelled', steps: 0, reason, rollback: action === 'rollback' };
}

function undoes(end: RunEnd): boolean {
  return end.status === 'cancelled' && end.rollback === true;
}
