import { patched, workflowInfo } from '@temporalio/workflow';
import { HoldfastError } from '@holdfast/contracts/errors';
import { localResults } from './local-results';

/** Workflow tasks of a run that may fail by an endless loop before the run is ended: one alone can be a machine that stood still. */
const STRIKES = 2;

interface Host {
  /** By worker/tune: how often code of the execution had to be stopped. */
  readonly __holdfastStrikes?: (temporalRunId: string) => number;
  /** Of the SDK. */
  readonly __TEMPORAL_ACTIVATOR__?: {
    readonly completions: Readonly<Record<string, ReadonlyMap<number, unknown>>>;
    readonly blockedConditions: ReadonlyMap<number, unknown>;
  };
}

const host = (): Host => globalThis as unknown as Host;

/**
 * Ends a run whose graph does not let go, or waits for something that nothing will bring; without it both would hold the thread for ever.
 *
 * A loop is stopped from outside, fails the workflow task and is met again in the next try. From the third on nothing is handed to the
 * graph any more. That decision comes from outside of the history, so it is written into it (`patched`) and found there by every replay.
 */
export class GraphWatch {
  /** Rejects when the graph is given up; never resolves. */
  readonly givenUp: Promise<never>;
  private giveUp: (error: HoldfastError) => void = () => undefined;
  private closed = false;
  private endIdle: (() => void) | undefined;

  constructor(private readonly runId: string) {
    this.givenUp = new Promise((_, reject) => {
      this.giveUp = reject;
    });
    // Observed by whoever drives the graph.
    this.givenUp.catch(() => undefined);
  }

  /**
   * To be asked before anything is handed to the graph.
   * @returns false when nothing may be: {@link givenUp} rejects then
   */
  mayGoOn(): boolean {
    if (this.closed) return false;
    const { runId, unsafe } = workflowInfo();
    const struck = (host().__holdfastStrikes?.(runId) ?? 0) >= STRIKES;
    if (!unsafe.isReplaying && !struck) return true;
    this.closed = patched(`graph-stuck/${this.runId}`);
    if (this.closed) this.giveUp(new HoldfastError('GRAPH_STUCK', 'A node loops for ever, or leaves a promise behind that is rejected.'));
    return !this.closed;
  }

  /** Begins to look for a graph that waits while nothing is under way. @param isQuiet nothing is left to be written */
  watchIdle(isQuiet: () => boolean): void {
    const conditions = host().__TEMPORAL_ACTIVATOR__?.blockedConditions.size ?? 0;
    const nothingIsUnderWay = (): boolean => {
      const activator = host().__TEMPORAL_ACTIVATOR__;
      if (activator === undefined || !isQuiet()) return false;
      return activator.blockedConditions.size <= conditions && Object.values(activator.completions).every((pending) => pending.size === 0);
    };
    this.endIdle = localResults().whenIdle(nothingIsUnderWay, () =>
      this.giveUp(new HoldfastError('GRAPH_STUCK', 'A node waits for a promise that nothing will settle: no call, no timer and no question is open.')),
    );
  }

  /** Ends the run for what it has come to: nothing more is handed to the graph. */
  refuse(error: HoldfastError): void {
    this.closed = true;
    this.giveUp(error);
  }

  /** The graph has stopped by itself. */
  end(): void {
    this.endIdle?.();
  }
}
