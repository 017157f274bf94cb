import type { CallNaming } from './calls';
import type { RunDelivery, RunRef } from './thread';

/** Asks for everything that a run needs, and marks it as running. */
export interface BeginRunRequest extends RunRef {
  readonly workflowId: string;
  /** A repeat with the same one gets the same answer; another one means that a new workflow execution carries the run on. */
  readonly workflowRunId: string;
  /** SHA-256 of the workflow bundle, as far as the worker knows it. */
  readonly buildId: string;
  /** Answer {@link BeginRunAfter} while earlier runs of the thread are due and have not begun. */
  readonly inTurn: boolean;
  /** The answer leaves it out. */
  readonly kept?: KeptByWorkflow;
}

/** What a workflow holds of a thread's state from its last run. */
export interface KeptByWorkflow {
  /** Of the parts of lists ({@link savedLists}): bytes of their texts by hash. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Node names, or all of them. */
export type NodeSelection = readonly string[] | '*';

/** The run must not be driven: it is over, was cancelled while pending, or is gone. */
export interface BeginRunSkip {
  readonly kind: 'skip';
  readonly reason: 'terminal' | 'unknown';
}

/**
 * Runs of the thread that come before it and have not begun: a delivery can fail, be lost or come late, and the order of runs is that in
 * which they were made. The asked run has not begun.
 */
export interface BeginRunAfter {
  readonly kind: 'after';
  /** In order; not necessarily all of them. */
  readonly runs: readonly RunDelivery[];
}

/** The run as it is to be driven. */
export interface BeginRunGo {
  readonly kind: 'go';
  readonly graphId: string;
  /**
   * Input of the graph, long texts already replaced by blob references. Null when the request has none, and as soon as a checkpoint of
   * this run is stored: the run then goes on from it.
   */
  readonly input: unknown;
  /** LangGraph command of the request; absent as soon as a checkpoint of this run is stored. */
  readonly command?: { readonly resume?: unknown; readonly update?: unknown; readonly goto?: unknown };
  readonly config: {
    /** Most supersteps of the run. */
    readonly recursionLimit: number;
    readonly configurable: Readonly<Record<string, unknown>>;
    readonly tags: readonly string[];
  };
  readonly context: Readonly<Record<string, unknown>>;
  readonly interruptBefore: NodeSelection | null;
  readonly interruptAfter: NodeSelection | null;
  /** `sync`: every call is a normal activity. The others leave the lane to the graph. */
  readonly durability: 'sync' | 'async' | 'exit';
  /** The run starts from another checkpoint than the thread's newest, by its caller's choice. */
  readonly forked: boolean;
  /** Ids of the tool calls that are in the journal, but in no checkpoint yet: another workflow execution made them. */
  readonly called: readonly string[];
  /** `saved` of the checkpoint to start from (newest of the thread, or the one asked for), null for an empty thread. */
  readonly saved: string | null;
  /** Texts of the lists that `saved` names, by hash ({@link savedLists}), without those that the request says are `kept`. */
  readonly lists?: Readonly<Record<string, string>>;
  /** Step of that checkpoint, -1 for an empty thread. Informative: LangGraph reads its own from `saved`. */
  readonly step: number;
  /** Number of the last commit of this run, 0 when there is none. */
  readonly lastCommit: number;
  /** By its journal the run stands still: another workflow execution has paused it. */
  readonly paused?: boolean;
  /** Calls in the local lane take commits along (`LocalErrand`). Absent: no; so in every history of a build that did not know it. */
  readonly joinsCommits?: boolean;
  /** Of a run that has no calls yet. Absent: by place; so in every history of a build that did not know it. */
  readonly callNaming?: CallNaming;
  /** Its calls under way are bounded. Absent: no; so in every history of a build that did not know it. */
  readonly boundsCalls?: boolean;
  /** The ledger is asked what became of a tool call whose attempts are over. Absent: no; so in every history of a build that did not know it. */
  readonly settlesCalls?: boolean;
  /** Workflow executions and workflow tasks hold so many of its supersteps. Absent: any number; so in every history of a build that did not know it. */
  readonly boundsReplay?: boolean;
  /** A run that is to be undone is undone, too, when its graph comes to its end meanwhile. Absent: no; so in every history of a build that did not know it. */
  readonly undoesDone?: boolean;
  /** The run takes back what was done before it, or, when it has `begun` by its journal, what it did itself. */
  readonly compensation?: { readonly reason: string; readonly begun: boolean };
  /** The thread's next run would be executed by this build too: its workflow may wait for it ({@link RunDelivery.lingerMs}). Absent: no. */
  readonly mayLinger?: boolean;
}

/** Answer to {@link BeginRunRequest}. */
export type BeginRunReply = BeginRunSkip | BeginRunAfter | BeginRunGo;

/** Hashes of the parts of lists that a `saved` text names, by its first line; whoever gives it to a workflow adds their texts. */
export function savedLists(saved: string | null): readonly string[] {
  const end = saved?.indexOf('\n') ?? -1;
  if (saved == null || end < 0) return [];
  const { lists } = JSON.parse(saved.slice(0, end)) as { readonly lists?: readonly string[] };
  return lists ?? [];
}
