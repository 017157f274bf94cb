import type { RunEventDraft } from '@holdfast/contracts/events';
import type { StoredBlob } from '@holdfast/contracts/messages';
import type { Interrupt, RunEndStatus, RunError } from '@holdfast/contracts/runs';
import type { RunRef } from './thread';

/** Where the sub-graph that a task is stands when a run stops; in LangGraph's snapshot form, values in the API's. */
export interface SubGraphState {
  readonly values: unknown;
  /** Empty only after an edit: a sub-graph that is done otherwise has no state of its own here. */
  readonly next: readonly string[];
  readonly tasks: readonly TaskSnapshot[];
  readonly metadata: { readonly step: number } & Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly createdAt?: string;
}

/** A task of a checkpoint in LangGraph's snapshot form; `state` is the checkpoint address of a sub-graph. */
export interface TaskSnapshot {
  readonly id: string;
  readonly name: string;
  readonly path?: readonly unknown[];
  readonly error?: unknown;
  readonly interrupts: readonly Interrupt[];
  readonly result?: unknown;
  readonly state?: unknown;
  /** Of a task that is a sub-graph, in the newest checkpoint of a run that stopped; absent when nothing is left to run in it. */
  readonly subgraph?: SubGraphState;
}

/**
 * The thread after a superstep. The key is (tenant, thread, checkpointId): a later draft with a known id replaces the earlier
 * one, because pending writes (interrupts, errors, finished siblings) join a checkpoint after it was made.
 */
export interface CheckpointDraft {
  readonly checkpointId: string;
  readonly parentCheckpointId: string | null;
  readonly step: number;
  readonly source: 'input' | 'loop' | 'update' | 'fork';
  /** LangGraph API form: messages as flat dictionaries; parts of long lists by reference (`ListRef`). */
  readonly values: Readonly<Record<string, unknown>>;
  /** Nodes that run next; empty at the end of the graph. */
  readonly next: readonly string[];
  readonly tasks: readonly TaskSnapshot[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Opaque text that {@link BeginRunGo.saved} brings back. */
  readonly saved: string;
}

/** How a run ended. The journal appends the terminal event from it: `events` of a batch never holds one. */
export interface RunEnd {
  readonly status: RunEndStatus;
  /** Supersteps that the run completed; `steps` of `run.completed.v1`. */
  readonly steps: number;
  /** With `error` and `timeout`. */
  readonly error?: RunError;
  /** By task id; with `interrupted`. Empty for a stop at `interrupt_before` or `interrupt_after`. */
  readonly interrupts?: Readonly<Record<string, readonly Interrupt[]>>;
  /** `reason` of `run.cancelled.v1`; with `cancelled`. */
  readonly reason?: string;
  /** With `cancelled`: the run and its checkpoints are to be undone. */
  readonly rollback?: boolean;
  /** With `cancelled`: what the run did was taken back. */
  readonly compensated?: boolean;
}

/** What a run did since its last commit: one transaction of the journal. */
export interface ProgressBatch extends RunRef {
  /** 1, 2, 3 … within the run. A commit that is already there is ignored. */
  readonly commit: number;
  /** In order; `tool.called.v1` and `run.step-completed.v1`. */
  readonly events: readonly RunEventDraft[];
  /** Oldest first; several when nodes without calls followed each other. The last one is the thread's newest. */
  readonly checkpoints: readonly CheckpointDraft[];
  /** Texts that the checkpoints name: they are stored first. */
  readonly texts?: readonly StoredBlob[];
  /** In the last commit of the run only. */
  readonly end?: RunEnd;
}
