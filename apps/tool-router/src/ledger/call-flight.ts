import { HoldfastError } from '@holdfast/contracts/errors';
import { ANSWER_RESERVE_MS, type CallScope } from '../pipeline/tool-answer';

// Made once: an abort without a reason builds an exception with a stack.
const NOBODY_WAITS = new Error('Nobody waits for the call any more.');
const OVERDUE = new Error('The last caller’s deadline is near.');

/** Whether a flight's signal fired because of its callers' deadlines and not because they are gone. */
export function isOverdue(signal: AbortSignal): boolean {
  return signal.reason === OVERDUE;
}

/**
 * One piece of work and everybody who waits for it. It goes on while anybody waits: its signal fires when the last caller is gone, or just
 * before the latest of their deadlines.
 */
export class CallFlight<T> implements CallScope {
  readonly #controller = new AbortController();
  readonly #held: Promise<unknown>[] = [];
  #holding = 0;
  #callers = 0;
  #deadline = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #answer: Promise<T> | undefined;
  #isAnswered = false;

  /** See {@link CallScope}. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The latest of its callers'. */
  get deadline(): number {
    return this.#deadline;
  }

  /**
   * Begins the work for a first caller, in whose place others may come. The flight is over, which the second promise tells, when the work
   * and everything it held has ended.
   */
  begin(scope: CallScope, work: () => Promise<T>): { readonly answer: Promise<T>; readonly over: Promise<void> } {
    this.#extend(scope.deadline);
    this.#answer = this.#run(work);
    return { answer: this.join(scope), over: this.#whenOver(this.#answer) };
  }

  /** Waits for the answer as long as the caller does. @throws HoldfastError RUN_CANCELLED when it stops waiting */
  async join(scope: CallScope): Promise<T> {
    this.#callers += 1;
    this.#extend(scope.deadline);
    const { signal } = scope;
    let stop: (() => void) | undefined;
    const cancelled = new Promise<never>((_, reject) => {
      stop = () => reject(new HoldfastError('RUN_CANCELLED', 'The caller cancelled the call.'));
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([this.#answer as Promise<T>, cancelled]);
    } finally {
      if (stop !== undefined) signal.removeEventListener('abort', stop);
      this.#callers -= 1;
      if (this.#callers === 0 && !this.#isAnswered) this.#controller.abort(NOBODY_WAITS);
    }
  }

  /** Something that goes on after the answer; the flight lasts until it has ended. */
  hold(work: Promise<unknown>): void {
    this.#holding += 1;
    const done = (): void => void (this.#holding -= 1);
    this.#held.push(work.then(done, done));
  }

  /** True from the moment on at which nothing of it goes on any more: it is not to be joined then. */
  get isOver(): boolean {
    return this.#isAnswered && this.#holding === 0;
  }

  #extend(deadline: number): void {
    if (deadline <= this.#deadline || this.#isAnswered) return;
    this.#deadline = deadline;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(OVERDUE), deadline - performance.now() - ANSWER_RESERVE_MS);
  }

  async #run(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#isAnswered = true;
      clearTimeout(this.#timer);
    }
  }

  async #whenOver(answer: Promise<T>): Promise<void> {
    await answer.catch(() => undefined);
    await Promise.all(this.#held);
  }
}
