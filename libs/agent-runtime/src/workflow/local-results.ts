import { CancellationScope } from '@temporalio/workflow';
import { endOfActivation } from './end-of-activation';

interface Waiting {
  readonly predicate: () => boolean;
  readonly resolve: () => void;
  /** Code of a graph follows. */
  readonly wakesGraph?: true;
}

/**
 * Hands on the results of local activities one by one, in the order in which they came, each when nothing is left to do for the one before.
 *
 * A replay has the results in their order, but not in their groups: two that came in two activations may come in one, and what the first
 * one caused would mix with what the second one causes. Commands would change places, and with them the results of calls. So the groups
 * must not matter (measured on SDK 1.24.0: parallel calls and a journal commit, worker killed: 2 of 11 runs could not be replayed).
 */
export class LocalResults {
  private readonly arrived: (() => void)[] = [];
  private readonly waiting: Waiting[] = [];

  /** The result of a local activity, when its turn has come. */
  inTurn<T>(result: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      result.then(
        (value) => this.arrived.push(() => resolve(value)),
        (error: unknown) => this.arrived.push(() => reject(error as Error)),
      );
    });
  }

  /** {@link quiet} for a node: before everybody else who waits for it, because what the node does then belongs to the same moment. */
  quietForGraph(predicate: () => boolean): Promise<void> {
    return new Promise((resolve) => this.waiting.unshift({ predicate, resolve, wakesGraph: true }));
  }

  /** Waits until nothing else is left to run and the predicate holds; comes before the next result. */
  quiet(predicate: () => boolean): Promise<void> {
    return new Promise((resolve) => this.whenQuiet(predicate, resolve));
  }

  /**
   * Calls back once when nothing else is left to run, no result waits, and the predicate holds.
   * @returns ends the watch
   */
  whenIdle(predicate: () => boolean, act: () => void): () => void {
    return this.whenQuiet(() => this.arrived.length === 0 && predicate(), act);
  }

  /** {@link quiet} as a call back. @returns ends the watch */
  whenQuiet(predicate: () => boolean, act: () => void): () => void {
    const entry: Waiting = { predicate, resolve: act };
    this.waiting.push(entry);
    return () => {
      const at = this.waiting.indexOf(entry);
      if (at >= 0) this.waiting.splice(at, 1);
    };
  }

  /** Hands on for ever; ends with the workflow. */
  async run(): Promise<never> {
    for (;;) {
      announceGraph(false);
      await endOfActivation(() => this.arrived.length > 0 || this.nextWaiting() >= 0);
      announceGraph(this.arrived.length > 0 || this.waiting[this.nextWaiting()]?.wakesGraph === true);
      // Conditions of the workflow that hold at the same moment, because of an Update or a timer, act first.
      await endOfActivation(() => true);
      const next = this.nextWaiting();
      if (next >= 0) this.waiting.splice(next, 1)[0]!.resolve();
      else this.arrived.shift()?.();
    }
  }

  private nextWaiting(): number {
    return this.waiting.findIndex(({ predicate }) => predicate());
  }
}

interface Scope {
  __holdfastLocalResults?: LocalResults;
  __holdfastGraphIsNext?: boolean;
}

const scope = (): Scope => globalThis as unknown as Scope;

/** Says to the watchdog that code of a graph may follow a result: see worker/tune. */
function announceGraph(isNext: boolean): void {
  scope().__holdfastGraphIsNext = isNext;
}

/** Those of this workflow execution: the SDK keeps properties of the global object apart per workflow; a module's own are shared. */
export function localResults(): LocalResults {
  const known = scope().__holdfastLocalResults;
  if (known !== undefined) return known;
  const made = new LocalResults();
  scope().__holdfastLocalResults = made;
  // Whatever scope asks first: this one must outlive it.
  void CancellationScope.nonCancellable(() => made.run());
  return made;
}
