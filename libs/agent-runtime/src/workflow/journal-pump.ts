import type { ProgressBatch, RunEnd, RunRef } from '../api';
import type { StepRecorder } from './step-recorder';

/** What a {@link JournalPump} works with. */
export interface JournalPumpOptions {
  readonly ref: RunRef;
  /** Number of the run's last commit. */
  readonly lastCommit: number;
  readonly recorder: Pick<StepRecorder, 'isEmpty' | 'take'>;
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

  /** Commits until closed. @throws what `commit` throws: the run is not this workflow's any more, or cannot be written. */
  async run(): Promise<void> {
    for (;;) {
      this.isWaiting = true;
      await this.options.quiet(() => this.closing !== undefined || !this.options.recorder.isEmpty);
      this.isWaiting = false;
      const { closing } = this;
      const { events, checkpoints, texts } = await this.options.recorder.take();
      if (events.length > 0 || checkpoints.length > 0 || closing?.end !== undefined) {
        const batch: ProgressBatch = {
          ...this.options.ref,
          commit: this.lastCommit + 1,
          events,
          checkpoints,
          ...(texts.length === 0 ? {} : { texts }),
          ...(closing?.end === undefined ? {} : { end: closing.end }),
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
