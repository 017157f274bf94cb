import { CancellationScope } from '@temporalio/workflow';
import type { LocalAnswer, LocalErrand, ProgressBatch } from '../api';
import { localResults } from './local-results';

/** Makes a call in the local lane. */
export type LocalCall<A> = (errand?: LocalErrand) => Promise<LocalAnswer<A>>;

/** What {@link JoinedCommits} works with. */
export interface JoinedCommitsOptions {
  /** Writes one batch; repeats by itself until it is written. */
  commit(batch: ProgressBatch): Promise<void>;
  /** True when the pump is about to commit: it comes first, so that its commit may join. */
  isCommitDue(): boolean;
}

interface Waiting {
  /** @returns whether the commit that was taken along is made */
  send(commit?: ProgressBatch): Promise<boolean>;
}

/**
 * Sends a superstep's commit along with the call that follows it, as one local activity: three activations and as many local activities less
 * in a run of three calls. Calls wait for the end of their activation, when it is known what is to be committed.
 *
 * Only with a call that is the only one under way: then nothing comes to be committed before its answer, so that nothing waits for it.
 */
export class JoinedCommits {
  private waiting: Waiting[] = [];
  /** Local calls that were sent and have not answered. */
  private open = 0;
  private endWatch: (() => void) | undefined;

  constructor(private readonly options: JoinedCommitsOptions) {}

  /** True when no call waits to be sent. */
  get isEmpty(): boolean {
    return this.waiting.length === 0;
  }

  /** Makes a call at the end of the activation, in the scope that asks for it. */
  call<A>(local: LocalCall<A>): Promise<LocalAnswer<A>> {
    const scope = CancellationScope.current();
    return new Promise((resolve, reject) => {
      this.waiting.push({
        send: (commit) => {
          this.open += 1;
          // Inside of the scope, which takes its time to hand on: results must join their queue in the order in which they came.
          const reply = scope.run(() => localResults().inTurn(local(commit === undefined ? undefined : { commit })));
          const answered = reply.finally(() => (this.open -= 1));
          answered.then(resolve, reject);
          return answered.then(
            ({ committed }) => committed === true,
            () => false,
          );
        },
      });
      this.endWatch ??= localResults().whenQuiet(
        () => !this.options.isCommitDue(),
        () => this.sendAll(),
      );
    });
  }

  /** Writes one batch, along with the call that waits when it is the only one. */
  async commit(batch: ProgressBatch): Promise<void> {
    const [only, another] = this.waiting;
    const joins = only !== undefined && another === undefined && this.open === 0 && batch.end === undefined;
    const [committed = Promise.resolve(false)] = this.sendAll(joins ? batch : undefined);
    // What a call that failed, or was cancelled, took along may be written or not: a repeat finds out.
    if (joins && (await committed)) return;
    await this.options.commit(batch);
  }

  private sendAll(commit?: ProgressBatch): Promise<boolean>[] {
    this.endWatch?.();
    this.endWatch = undefined;
    return this.waiting.splice(0).map((call) => call.send(commit));
  }
}
