import { condition } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import type { InjectInputAnswer, InjectInputCommand } from '../api';

/** So many commands are remembered of a run, for repeats that come late. */
const MOST_REMEMBERED = 100;
/** More that wait at the same time are refused. */
const MOST_WAITING = 100;

/** A command that waits for the next superstep boundary. */
export interface WaitingInjection {
  readonly command: InjectInputCommand;
  resolve(answer: InjectInputAnswer): void;
  reject(reason: unknown): void;
}

/** What is to be put into a run while it is driven. */
export class Steering {
  private waiting: WaitingInjection[] = [];
  /** Of commands that are not in the journal yet; by command id, as the next. */
  private readonly answers = new Map<string, Promise<InjectInputAnswer>>();
  /** Checkpoints. */
  private done = new Map<string, string>();
  private refusal: HoldfastError | undefined;
  private onWaiting: () => void = () => undefined;

  /** The run is being driven. @param done what it has taken before, in another execution @param onWaiting called when a command comes */
  open(done: readonly (readonly [string, string])[], onWaiting: () => void): void {
    this.done = new Map(done);
    this.onWaiting = onWaiting;
  }

  /** No command is taken any more. */
  close(refusal: HoldfastError): void {
    this.refusal ??= refusal;
    for (const { reject } of this.waiting.splice(0)) reject(this.refusal);
  }

  /** Resolves when the command is in the journal. @throws HoldfastError CONFLICT, DEPENDENCY_UNAVAILABLE (to be repeated), RATE_LIMITED, INVALID_ARGUMENT */
  inject(command: InjectInputCommand): Promise<InjectInputAnswer> {
    const known = this.answers.get(command.commandId);
    if (known !== undefined) return known;
    const checkpointId = this.done.get(command.commandId);
    if (checkpointId !== undefined) return Promise.resolve({ checkpointId });
    if (this.refusal !== undefined) return Promise.reject(this.refusal);
    if (this.waiting.length === MOST_WAITING) return Promise.reject(new HoldfastError('RATE_LIMITED', `${MOST_WAITING} inputs wait for the run already`));
    const answer = new Promise<InjectInputAnswer>((resolve, reject) => {
      this.waiting.push({ command, resolve, reject });
      this.onWaiting();
    });
    const forget = (): void => void this.answers.delete(command.commandId);
    this.answers.set(command.commandId, answer);
    answer.then(forget, forget);
    return answer;
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
  applied({ command, resolve, reject }: WaitingInjection, checkpointId: string, committed: () => boolean): void {
    this.done.set(command.commandId, checkpointId);
    const oldest = this.done.keys().next().value;
    if (this.done.size > MOST_REMEMBERED && oldest !== undefined) this.done.delete(oldest);
    void condition(() => committed() || this.refusal !== undefined).then(() => (committed() ? resolve({ checkpointId }) : reject(this.refusal)), reject);
  }

  /** What was applied, for the run's next execution. */
  get remembered(): readonly (readonly [string, string])[] {
    return [...this.done];
  }
}
