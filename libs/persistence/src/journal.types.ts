import type { RunEventDraft } from '@holdfast/contracts/events';
import type { Interrupt, RunEndStatus, RunError, RunStatus } from '@holdfast/contracts/runs';

// Input and output shapes of the run journal. They equal those of @holdfast/agent-runtime/api by structure: adapters must not
// import core (style.md §3.3). MAINTENANCE: keep equal.

/** Names a run with its tenant and thread. */
export interface RunRef {
  readonly tenantId: string;
  readonly threadId: string;
  readonly runId: string;
  /** Stored with the journal rows; default: that of the scope. */
  readonly traceparent?: string | undefined;
}

/** A workflow asks to begin a run. */
export interface BeginRunRequest extends RunRef {
  readonly workflowId: string;
  readonly workflowRunId: string;
  readonly buildId: string;
  /** Answer `after` while earlier runs of the thread are due and have not begun. Default false. */
  readonly inTurn?: boolean;
}

/** What the workflow needs to drive the graph, or why it must not. */
export type BeginRunReply =
  | { kind: 'skip'; reason: 'terminal' | 'unknown' }
  /** Runs that come first, in order; the asked one has not begun. */
  | { kind: 'after'; runs: readonly { runId: string; graphId: string; traceparent?: string }[] }
  | {
      kind: 'go';
      graphId: string;
      /** Null when the run resumes: from an interrupt, or after its own first checkpoint. */
      input: unknown;
      command?: { resume?: unknown; update?: unknown; goto?: unknown };
      config: { recursionLimit: number; configurable: Record<string, unknown>; tags: string[] };
      context: Record<string, unknown>;
      interruptBefore: readonly string[] | '*' | null;
      interruptAfter: readonly string[] | '*' | null;
      durability: 'sync' | 'async' | 'exit';
      /** The run starts from another checkpoint than the thread's newest, by its caller's choice. */
      forked: boolean;
      /** Ids of the tool calls that are in the journal, but in no checkpoint yet. */
      called: readonly string[];
      /** Dump of the saver at the checkpoint to go on from; null on a fresh thread. */
      saved: string | null;
      /** Step of that checkpoint; -1 without one. */
      step: number;
      /** Number of the last commit that the journal holds of this run. */
      lastCommit: number;
      /** The run stands still. */
      paused?: boolean;
      /** The run takes back what was done before it, or, when it has `begun`, what it did itself. */
      compensation?: { reason: string; begun: boolean };
    };

/** A snapshot of the thread's state. A later draft with a known id replaces the earlier one: pending writes join a checkpoint after it was made. */
export interface CheckpointDraft {
  readonly checkpointId: string;
  readonly parentCheckpointId: string | null;
  readonly step: number;
  readonly source: 'input' | 'loop' | 'update' | 'fork';
  readonly values: Readonly<Record<string, unknown>>;
  readonly next: readonly string[];
  readonly tasks: readonly unknown[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly saved: string;
}

/** How a run ended. */
export interface RunEnd {
  readonly status: RunEndStatus;
  /** Supersteps that the run completed. */
  readonly steps: number;
  readonly error?: RunError | undefined;
  /** By task id. */
  readonly interrupts?: Readonly<Record<string, readonly Interrupt[]>> | undefined;
  /** Delete the run and its checkpoints; the journal keeps its rows. */
  readonly rollback?: boolean | undefined;
  /** What it did was taken back. */
  readonly compensated?: boolean | undefined;
  /** Why it was cancelled, for the event. */
  readonly reason?: string | undefined;
}

/** What a run writes at once. */
export interface ProgressBatch extends RunRef {
  /** 1, 2, 3 … within the run; a number seen before is ignored. */
  readonly commit: number;
  /** In order; never a terminal one, which the journal appends from `end`. */
  readonly events: readonly RunEventDraft[];
  /** Oldest first; the last one becomes the thread's newest. */
  readonly checkpoints: readonly CheckpointDraft[];
  /** Hashes of blobs that the newest checkpoint names: without one of them nothing is committed. */
  readonly lists?: readonly string[] | undefined;
  readonly end?: RunEnd | undefined;
  /** When given, a workflow run that has been replaced cannot write any more. */
  readonly workflowRunId?: string | undefined;
}

/** To be published after a commit, so that readers of the run wake up. */
export interface JournalNotice {
  readonly runId: string;
  readonly seq: number;
  readonly status: RunStatus;
}

/** Result of {@link RunJournal.beginRun}. */
export interface BeginRunResult {
  readonly reply: BeginRunReply;
  /** Null when nothing was written. */
  readonly notice: JournalNotice | null;
}

/**
 * Result of {@link RunJournal.commitProgress}. `duplicate`: this commit is there already; `fenced`: another workflow run has taken
 * the run over; `terminal`: the run has ended; `unknown`: no such run (rolled back, deleted). Only `committed` wrote something.
 */
export interface CommitResult {
  readonly kind: 'committed' | 'duplicate' | 'fenced' | 'terminal' | 'unknown';
  readonly notice: JournalNotice | null;
}

/** A state change made by a person, without a run. */
export interface ThreadEdit {
  readonly threadId: string;
  /** A repeat with the same id writes nothing. */
  readonly commandId?: string | undefined;
  readonly checkpoint: CheckpointDraft;
  /** By task id; left as they are when absent. */
  readonly interrupts?: Readonly<Record<string, readonly Interrupt[]>> | undefined;
}

/** Result of {@link RunJournal.commitEdit}; a repeated command is answered with the checkpoint that it made the first time. */
export type EditResult = { kind: 'committed'; checkpointId: string } | { kind: 'refused'; reason: 'thread-busy' | 'thread-not-found' };

/** What a sub-agent's task did since its last commit. */
export interface TaskProgressBatch extends RunRef {
  readonly taskId: string;
  readonly commit: number;
  readonly events: readonly RunEventDraft[];
}
