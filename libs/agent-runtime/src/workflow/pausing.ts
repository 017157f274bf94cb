import { condition } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { RunEventDraft } from '@holdfast/contracts/events';
import type { PauseAnswer, PauseRunCommand, ResumeRunCommand } from '../api';

/** More that come before the run is driven are refused: each is an Update in flight, and a cancel must find room. */
const MOST_EARLY = 10;

/** The run's way into the journal, as far as a pause needs it. */
export interface PauseJournal {
  record(event: RunEventDraft): void;
  /** Number of the commit that takes what is recorded now. */
  nextCommit(): number;
  commits(): number;
}

/**
 * Whether a run is to stand still between two supersteps. While it does, it waits for nothing but a command: no timer, no task.
 * One command waits for its answer; a repeat is told `waiting`, because Updates in flight are few.
 */
export class Pausing {
  private command: PauseRunCommand | undefined;
  private standing = false;
  private stops = false;
  private journal: PauseJournal | undefined;
  /** Commit that holds the latest fact. */
  private commit = 0;
  private refusal: HoldfastError | undefined;
  private onPause: () => void = () => undefined;
  /** Commands that wait for {@link opened}. */
  private early = 0;
  private onOpen: () => void = () => undefined;
  /** Before, nobody knows whether the run stands by its journal. A promise, no condition: who waits for it acts before the graph begins. */
  private readonly opened = new Promise<void>((resolve) => (this.onOpen = resolve));

  /** The run is being driven. @param isPaused by its journal @param onPause called when it is to come to its boundary */
  open(journal: PauseJournal, isPaused: boolean, onPause: () => void): void {
    this.journal = journal;
    this.standing ||= isPaused;
    this.onPause = onPause;
    this.early = 0;
    this.onOpen();
  }

  /** No command is taken any more. */
  close(refusal: HoldfastError): void {
    this.refusal ??= refusal;
    this.onOpen();
  }

  /**
   * Resolves when the run stands still, or was told to go on meanwhile; with `waiting` when somebody waits for that already.
   * @throws HoldfastError CONFLICT, DEPENDENCY_UNAVAILABLE (to be repeated), RATE_LIMITED
   */
  async pause(command: PauseRunCommand): Promise<PauseAnswer> {
    await this.whenOpen();
    if (this.refusal === undefined) {
      if (this.isWanted) return this.standing && this.isCommitted ? 'paused' : 'waiting';
      this.command = command;
      this.stops = true;
      this.onPause();
    }
    await condition(() => this.refusal !== undefined || !this.isWanted || (this.standing && this.isCommitted));
    return this.answer();
  }

  /** Resolves when the run goes on; with `waiting` when somebody waits for that already. @throws as {@link pause} does */
  async resume({ commandId, by }: ResumeRunCommand): Promise<PauseAnswer> {
    await this.whenOpen();
    if (!this.isWanted && !this.isCommitted && this.refusal === undefined) return 'waiting';
    if (this.standing && this.refusal === undefined) {
      this.standing = false;
      this.record({ type: 'run.resumed.v1', data: { command_id: commandId, by } });
    }
    this.command = undefined;
    await condition(() => this.refusal !== undefined || this.isCommitted);
    return this.answer();
  }

  /** True while the run stands still or is to. */
  get isWanted(): boolean {
    return this.standing || this.command !== undefined;
  }

  /** True when the graph was stopped, or must not begin, for a pause since the last call: also for one that was taken back. */
  takeStop(): boolean {
    const stopped = this.stops || this.isWanted;
    this.stops = false;
    return stopped;
  }

  /** The run does not go on with what it was to stand still in. */
  lift(): void {
    this.standing = false;
    this.stops = false;
    this.command = undefined;
  }

  /** The run is at a boundary and stands still from now on. */
  stand(): void {
    if (this.standing || this.command === undefined) return;
    const { commandId, by, reason } = this.command;
    this.command = undefined;
    this.standing = true;
    this.record({ type: 'run.paused.v1', data: { command_id: commandId, by, reason: reason ?? null } });
  }

  /** {@link opened} itself: one microtask more, and the graph would have begun. */
  private whenOpen(): Promise<void> {
    if (this.early === MOST_EARLY) throw new HoldfastError('RATE_LIMITED', `${MOST_EARLY} commands wait for the run to begin already`);
    if (this.journal === undefined) this.early += 1;
    return this.opened;
  }

  private record(event: RunEventDraft): void {
    this.journal?.record(event);
    this.commit = this.journal?.nextCommit() ?? 0;
  }

  private get isCommitted(): boolean {
    return (this.journal?.commits() ?? 0) >= this.commit;
  }

  private answer(): PauseAnswer {
    if (this.refusal !== undefined && !(this.isCommitted && this.standing)) throw this.refusal;
    return this.isWanted ? 'paused' : 'running';
  }
}
