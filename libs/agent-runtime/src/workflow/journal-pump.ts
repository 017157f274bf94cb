import type { HoldfastError } from '@holdfast/contracts/errors';
import type { ProgressBatch, RunEnd, RunRef } from '../api';
import { toRunError } from './failure';
import type { Recorded } from './step-recorder';

/** What a {@link JournalPump} works with. */
export interface JournalPumpOptions {
  readonly ref: RunRef;
  /** Number of the run's last commit. */
  readonly lastCommit: number;
  readonly recorder: {
    readonly isEmpty: boolean;
    /** Supersteps so far. */
    readonly steps: number;
    take(): Promise<Recorded>;
  };
  /** Resolves when nothing else is left to run and the predicate holds; see `LocalResults`. */
  quiet(predicate: () => boolean): Promise<void>;
  /** Writes one batch; repeats by itself until it is written. */
  commit(batch: ProgressBatch): Promise<void>;
}

/**
 * Writes what the recorder collects: one commit per activation that has something to write, strictly one after the other. While a
 * commit is under way, the graph goes on and the recorder collects the next one.
 */
export class JournalPump {
  private closing: { readonly end?: RunEnd } | undefined;
  private lastCommit: number;
  private isCommitting = false;
  private isWaiting = false;

  constructor(private readonly options: JournalPumpOptions) {
    this.lastCommit = options.lastCommit;
  }

  /** Number of the last commit that was made. */
  get commits(): number {
    return this.lastCommit;
  }

  /** Number of the commit that takes what is recorded from now on. */
  get nextCommit(): number {
    return this.lastCommit + (this.isCommitting ? 2 : 1);
  }

  /** True when a commit will be made at the end of this activation. */
  get isDue(): boolean {
    return this.isWaiting && !this.options.recorder.isEmpty;
  }

  /** No more will be recorded: what is left goes out together with the end, if there is one. Then {@link run} returns. */
  close(end?: RunEnd): void {
    this.closing ??= end === undefined ? {} : { end };
  }

  /** What was to be the end, unless the last state is not stored: nobody could go on from it, or would find its answer. */
  private endOf(refusal: HoldfastError | undefined): RunEnd | undefined {
    const { end } = this.closing ?? {};
    if (this.closing === undefined || refusal === undefined || end?.status === 'error' || end?.status === 'cancelled') return end;
    return { status: 'error', steps: end?.steps ?? this.options.recorder.steps, error: toRunError(refusal) };
  }

  /** Commits until closed. @throws what `commit` throws: the run is not this workflow's any more, or cannot be written. */
  async run(): Promise<void> {
    for (;;) {
      this.isWaiting = true;
      await this.options.quiet(() => this.closing !== undefined || !this.options.recorder.isEmpty);
      this.isWaiting = false;
      const { closing } = this;
      const { events, checkpoints, texts, refusal } = await this.options.recorder.take();
      const end = closing === undefined ? undefined : this.endOf(refusal);
      if (events.length > 0 || checkpoints.length > 0 || end !== undefined) {
        const batch: ProgressBatch = {
          ...this.options.ref,
          commit: this.lastCommit + 1,
          events,
          checkpoints,
          ...(texts.length === 0 ? {} : { texts }),
          ...(end === undefined ? {} : { end }),
        };
        this.isCommitting = true;
        await this.options.commit(batch);
        this.isCommitting = false;
        this.lastCommit = batch.commit;
      }
      if (closing !== undefined) return;
    }
  }
}
