import { HoldfastError } from '@holdfast/contracts/errors';
import type {
  CancelRunAnswer,
  CancelRunCommand,
  EditStateAnswer,
  EditStateCommand,
  InjectInputAnswer,
  InjectInputCommand,
  PauseAnswer,
  PauseRunCommand,
  ResumeRunCommand,
  RunDelivery,
} from '../api';
import { registeredGraph } from '../graph/registry';

/** A state edit that waits for its turn. */
export interface PendingEdit {
  readonly command: EditStateCommand;
  resolve(answer: EditStateAnswer): void;
  reject(reason: unknown): void;
}

/** A command for the run that this execution begins with, which came before that run was taken. */
interface EarlyCommand {
  readonly runId: string;
  ask(run: ActiveRun): void;
  refuse(reason: HoldfastError): void;
}

/** More of them are refused: each is an Update in flight, and a cancel must find room. */
const MOST_EARLY = 10;

/** A queued run that was cancelled before it began. */
export interface CancelledRun {
  readonly delivery: RunDelivery;
  readonly command: CancelRunCommand;
}

/** The run that is being driven, as far as the inbox must know it. */
export interface ActiveRun {
  readonly runId: string;
  cancel(command: CancelRunCommand): CancelRunAnswer;
  inject(command: InjectInputCommand): Promise<InjectInputAnswer>;
  pause(command: PauseRunCommand): Promise<PauseAnswer>;
  resume(command: ResumeRunCommand): Promise<PauseAnswer>;
  /** Lets go at the next superstep boundary, so that the next workflow execution goes on with it. */
  drain(): void;
}

/** Whether runs of the graph can be cancelled with compensation on this build. */
export function canCompensate(graphId: string): boolean {
  return registeredGraph(graphId)?.compensate !== undefined;
}

/** What the thread still has to do. Update handlers put things in, the workflow's loops take them out; nothing here waits. */
export class ThreadInbox {
  private readonly queue: RunDelivery[];
  private readonly edits: PendingEdit[] = [];
  private readonly cancelled: CancelledRun[] = [];
  /** Every run that was ever delivered here; as short-lived as the workflow execution. */
  private readonly seen: Set<string>;
  private activeRun: ActiveRun | undefined;
  private refusesEdits = false;
  private askedLingerMs = 0;
  private isClosing = false;
  private draining = false;
  /** Commands for a run that has not become active yet. */
  private early: EarlyCommand[] = [];

  constructor(runs: readonly RunDelivery[]) {
    this.queue = [...runs];
    this.seen = new Set(runs.map((run) => run.runId));
  }

  /** True when there is a run or an edit to take. */
  get hasWork(): boolean {
    return this.queue.length > 0 || this.edits.length > 0;
  }

  /** How long the thread waits for more to do, milliseconds; 0 once everything was cancelled, or another build takes the new runs. */
  get lingerMs(): number {
    return this.isClosing || this.draining ? 0 : this.askedLingerMs;
  }

  /** Sets {@link lingerMs}. */
  lingerFor(ms: number): void {
    this.askedLingerMs = ms;
  }

  /** The runs that wait, in order; for continue-as-new. */
  get waiting(): readonly RunDelivery[] {
    return this.queue;
  }

  /** Everything that is not done here goes on in the next workflow execution, on the build of new runs. */
  drain(): void {
    this.draining = true;
    this.activeRun?.drain();
  }

  /** See {@link drain}. */
  get isDraining(): boolean {
    return this.draining;
  }

  /** Puts a run at the end of the queue; one that was delivered before changes nothing. */
  enqueue(delivery: RunDelivery): 'accepted' {
    if (!this.seen.has(delivery.runId)) {
      this.seen.add(delivery.runId);
      this.queue.push(delivery);
    }
    return 'accepted';
  }

  /** Puts runs at the front of the queue, in this order, wherever they stood before; not those that were cancelled. */
  putFirst(deliveries: readonly RunDelivery[]): void {
    const moved = new Set(deliveries.map((delivery) => delivery.runId));
    const behind = this.queue.filter((delivery) => !moved.has(delivery.runId));
    const first = deliveries.filter(({ runId }) => !this.cancelled.some(({ delivery }) => delivery.runId === runId));
    for (const { runId } of first) this.seen.add(runId);
    this.queue.splice(0, this.queue.length, ...first, ...behind);
  }

  /** Cancels the active run, or takes a queued one out, which has done nothing that could be taken back. */
  cancel(command: CancelRunCommand): CancelRunAnswer {
    if (this.activeRun?.runId === command.runId) return this.activeRun.cancel(command);
    const at = this.queue.findIndex((run) => run.runId === command.runId);
    if (at < 0) return this.cancelled.some(({ delivery }) => delivery.runId === command.runId) ? 'accepted' : 'not-found';
    // Not begun in this execution, but perhaps in one before: its turn knows whether there is something to take back.
    if (command.action === 'compensate') return this.compensateInTurn(at, command);
    const [delivery] = this.queue.splice(at, 1) as [RunDelivery];
    this.cancelled.push({ delivery, command });
    for (const early of this.early.splice(0)) early.refuse(hasEnded());
    return 'accepted';
  }

  private compensateInTurn(at: number, command: CancelRunCommand): CancelRunAnswer {
    const delivery = this.queue[at]!;
    if (!canCompensate(delivery.graphId)) return 'no-compensation';
    if (delivery.cancel !== undefined && delivery.cancel.action !== 'compensate') return 'ends-without';
    this.queue[at] = { ...delivery, cancel: delivery.cancel ?? command };
    return 'accepted';
  }

  /** Cancels everything. */
  cancelAll(reason: string): void {
    this.isClosing = true;
    const ids = [...(this.activeRun === undefined ? [] : [this.activeRun.runId]), ...this.queue.map((run) => run.runId)];
    for (const runId of ids) this.cancel({ runId, action: 'interrupt', reason });
  }

  /** The active run's answer to a command for it. @throws HoldfastError CONFLICT when it is not active, DEPENDENCY_UNAVAILABLE between two executions */
  ask<C extends { readonly runId: string }, A>(command: C, ask: (run: ActiveRun, command: C) => Promise<A>): Promise<A> {
    if (this.activeRun?.runId === command.runId) return ask(this.activeRun, command);
    if (this.refusesEdits) return Promise.reject(new HoldfastError('DEPENDENCY_UNAVAILABLE', 'the run goes on elsewhere: repeat it', { retryAfterMs: 100 }));
    // By the journal it may run: an execution that takes a run over has it in its queue at first.
    if (this.activeRun === undefined && this.queue[0]?.runId === command.runId) return this.askEarly(command, ask);
    return Promise.reject(this.queue.some(({ runId }) => runId === command.runId) ? hasNotBegun() : hasEnded());
  }

  private askEarly<C extends { readonly runId: string }, A>(command: C, ask: (run: ActiveRun, command: C) => Promise<A>): Promise<A> {
    if (this.early.length === MOST_EARLY) return Promise.reject(new HoldfastError('RATE_LIMITED', `${MOST_EARLY} commands wait for the run to begin already`));
    return new Promise<A>((resolve, reject) => {
      this.early.push({ runId: command.runId, ask: (run) => void ask(run, command).then(resolve, reject), refuse: reject });
    });
  }

  /** The answer to an edit, once the thread's loop has come to it. */
  edit(command: EditStateCommand): Promise<EditStateAnswer> {
    return new Promise((resolve, reject) => {
      if (this.refusesEdits) reject(threadIsBusy());
      else this.edits.push({ command, resolve, reject });
    });
  }

  /** A run is under way from here on to the next workflow execution: nobody comes to an edit any more. */
  refuseEdits(): void {
    this.refusesEdits = true;
    for (const edit of this.edits.splice(0)) edit.reject(threadIsBusy());
  }

  /** The oldest edit that nobody took. */
  takeEdit(): PendingEdit | undefined {
    return this.edits.shift();
  }

  /** The oldest run that nobody took. */
  takeRun(): RunDelivery | undefined {
    return this.queue.shift();
  }

  /** The first cancelled run; it stays until {@link cancelledIsWritten}. */
  get nextCancelled(): CancelledRun | undefined {
    return this.cancelled[0];
  }

  /** The end of {@link nextCancelled} is in the journal. */
  cancelledIsWritten(): void {
    this.cancelled.shift();
  }

  /** Names the run that {@link cancel} should reach; undefined when none is driven. */
  setActive(run: ActiveRun | undefined): void {
    this.activeRun = run;
    if (this.draining) run?.drain();
    if (run === undefined) return;
    for (const early of this.early.splice(0)) {
      if (early.runId === run.runId) early.ask(run);
      else early.refuse(hasNotBegun());
    }
  }
}

function hasNotBegun(): HoldfastError {
  return new HoldfastError('CONFLICT', 'the run has not begun');
}

function hasEnded(): HoldfastError {
  return new HoldfastError('CONFLICT', 'the run has ended');
}

function threadIsBusy(): HoldfastError {
  return new HoldfastError('THREAD_BUSY', 'a run of the thread is under way');
}
