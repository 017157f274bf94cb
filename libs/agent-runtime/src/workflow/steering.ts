import { condition } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { InjectInputAnswer, InjectInputCommand } from '../api';

/** So many commands are remembered of a run, for repeats that come late. */
const MOST_REMEMBERED = 100;
/**
 * More that are not in the journal at the same time are refused. Each may be an Update in flight; of these a workflow has 50 at most
 * (`history.maxInFlightUpdates`), and a cancel must find room.
 */
const MOST_WAITING = 20;

/** A command that waits for the next superstep boundary. */
export interface WaitingInjection {
  readonly command: InjectInputCommand;
  /** Its sender waits no longer; the command does. */
  letWait(): void;
  applied(checkpointId: string): void;
  refused(reason: unknown): void;
}

/** What is to be put into a run while it is driven. */
export class Steering {
  private waiting: WaitingInjection[] = [];
  /** Ids of commands that are not in the journal yet. */
  private readonly pending = new Set<string>();
  private stands = false;
  /** Checkpoints. */
  private done = new Map<string, string>();
  private refusal: HoldfastError | undefined;
  private onWaiting: () => void = () => undefined;

  /** The run is being driven. @param done what it has taken before, in another execution @param onWaiting called when a command comes */
  open(done: readonly (readonly [string, string])[], onWaiting: () => void): void {
    this.done = new Map(done);
    this.onWaiting = onWaiting;
    // A repeat that came before the state was loaded.
    for (const injection of this.waiting.splice(0)) {
      const checkpointId = this.done.get(injection.command.commandId);
      if (checkpointId === undefined) this.waiting.push(injection);
      else injection.applied(checkpointId);
    }
  }

  /** No command is taken any more. */
  close(refusal: HoldfastError): void {
    this.refusal ??= refusal;
    for (const { refused } of this.waiting.splice(0)) refused(this.refusal);
  }

  /**
   * The run stands still, or does not any more. While it does, nobody waits for an answer: Updates in flight would keep out the command that
   * lets it go on.
   */
  stand(stands: boolean): void {
    this.stands = stands;
    if (stands) for (const { letWait } of this.waiting) letWait();
  }

  /**
   * Resolves when the command is in the journal; with `waiting` when the run stands still, or has taken the command before.
   * @throws HoldfastError CONFLICT, DEPENDENCY_UNAVAILABLE (to be repeated), RATE_LIMITED, INVALID_ARGUMENT
   */
  inject(command: InjectInputCommand): Promise<InjectInputAnswer> {
    const { commandId } = command;
    if (this.pending.has(commandId)) return Promise.resolve('waiting');
    const checkpointId = this.done.get(commandId);
    if (checkpointId !== undefined) return Promise.resolve({ checkpointId });
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    if (this.pending.size === MOST_WAITING) return Promise.reject(new HoldfastError('RATE_LIMITED', `${MOST_WAITING} inputs wait for the run already`));
    this.pending.add(commandId);
    return new Promise<InjectInputAnswer>((resolve, reject) => {
      this.waiting.push({
        command,
        letWait: () => resolve('waiting'),
        applied: (id) => {
          this.pending.delete(commandId);
          resolve({ checkpointId: id });
        },
        refused: (reason) => {
          this.pending.delete(commandId);
          reject(reason as Error);
        },
      });
      if (this.stands) resolve('waiting');
      this.onWaiting();
    });
  }

  /** True when a command waits. */
  get isWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** All that wait, oldest first. */
  take(): readonly WaitingInjection[] {
    return this.waiting.splice(0);
  }

  /** A command was applied; its sender is told when its checkpoint is committed. */
  applied({ command, applied, refused }: WaitingInjection, checkpointId: string, committed: () => boolean): void {
    this.done.set(command.commandId, checkpointId);
    const oldest = this.done.keys().next().value;
    if (this.done.size > MOST_REMEMBERED && oldest !== undefined) this.done.delete(oldest);
    void condition(() => committed() || this.refusal !== undefined).then(() => (committed() ? applied(checkpointId) : refused(this.refusal)), refused);
  }

  /** What was applied, for the run's next execution. */
  get remembered(): readonly (readonly [string, string])[] {
    return [...this.done];
  }
}
