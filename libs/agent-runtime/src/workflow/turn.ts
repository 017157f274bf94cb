import type { RunError } from '@holdfast/contracts/runs';
import { type CancelRunCommand, type RunDelivery, type RunRef, RUN_FENCED } from '../api';
import { beginRun, runtimeActivities } from './activities';
import type { ActivityCalls } from './activity-calls';
import { codeOf, toRunError } from './failure';
import { GraphTurn } from './graph-turn';

/** One run of a thread, from `beginRun` to its last commit. */
export class Turn {
  private readonly ref: RunRef;
  private cancelCommand: CancelRunCommand | undefined;
  private calls: ActivityCalls | undefined;

  constructor(
    thread: { readonly tenantId: string; readonly threadId: string },
    private readonly delivery: RunDelivery,
  ) {
    const { runId, traceparent } = delivery;
    this.ref = { tenantId: thread.tenantId, threadId: thread.threadId, runId, ...(traceparent === undefined ? {} : { traceparent }) };
  }

  get runId(): string {
    return this.ref.runId;
  }

  /** Ends the run as soon as its graph lets go: at once when it waits for a call. The first command counts. */
  cancel(command: CancelRunCommand): void {
    this.cancelCommand ??= command;
    this.calls?.cancel();
  }

  /**
   * Drives the run until its end is in the journal. Never throws for what a graph or a call does.
   * @returns the delivery that carries the run on after continue-as-new, when it stopped for that
   */
  async drive(): Promise<RunDelivery | undefined> {
    const begin = await beginRun(this.ref);
    if (begin.kind === 'skip') return undefined;
    let lastCommit = begin.lastCommit;
    try {
      const run = await GraphTurn.prepare(this.ref, begin);
      this.calls = run.calls;
      const pumping = run.pump.run();
      // Observed below; until then a failure must not count as unhandled.
      pumping.catch(() => run.calls.cancel());
      const end = await run.finish(() => this.cancelCommand);
      run.pump.close(end);
      try {
        await pumping;
      } finally {
        lastCommit = run.pump.commits;
      }
      return end === undefined ? this.delivery : undefined;
    } catch (error) {
      if (codeOf(error) !== RUN_FENCED) await this.endWithoutGraph(lastCommit + 1, toRunError(error));
      return undefined;
    }
  }

  /** The run cannot be prepared or its progress cannot be written: what remains is to say so. */
  private async endWithoutGraph(commit: number, error: RunError): Promise<void> {
    try {
      await runtimeActivities.commitProgress({ ...this.ref, commit, events: [], checkpoints: [], end: { status: 'error', steps: 0, error } });
    } catch (failure) {
      if (codeOf(failure) !== RUN_FENCED) throw failure;
    }
  }
}
