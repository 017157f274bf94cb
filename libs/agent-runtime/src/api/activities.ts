import type { StoredBlob } from '@holdfast/contracts/messages';
import type { AgentTaskResult, AwaitTaskRequest, TaskProgressBatch } from './agent-task';
import type { BeginRunReply, BeginRunRequest } from './begin-run';
import type { ModelReply, ModelRequest, ToolReply, ToolRequest } from './calls';
import type { CheckpointDraft, ProgressBatch } from './progress';

/** Asks for the state that an edit builds on. */
export interface LoadThreadRequest {
  readonly tenantId: string;
  readonly threadId: string;
  /** Default: the newest checkpoint. */
  readonly checkpointId?: string;
}

/** Answer to {@link LoadThreadRequest}. */
export interface LoadThreadReply {
  /** {@link CheckpointDraft.saved}; null when the thread has no checkpoint. */
  readonly saved: string | null;
  /** See {@link BeginRunGo.lists}. */
  readonly lists?: Readonly<Record<string, string>>;
}

/** Stores the checkpoint that an edit made; its `source` is `update`. */
export interface CommitEditRequest {
  readonly tenantId: string;
  readonly threadId: string;
  /** A repeat changes nothing and is told the checkpoint of the first one. */
  readonly commandId: string;
  readonly checkpoint: CheckpointDraft;
  /** See {@link ProgressBatch.texts}. */
  readonly texts?: readonly StoredBlob[];
}

/** Answer to {@link CommitEditRequest}. */
export interface CommitEditReply {
  /** The checkpoint that the command made. */
  readonly checkpointId: string;
}

/**
 * Bookkeeping of the runtime, called as LOCAL activities: cheap, idempotent, and recorded with the workflow task.
 * Failures follow `ERROR_CODES`: a type that is not retryable must be thrown as a non-retryable `ApplicationFailure`.
 */
export interface RuntimeActivities {
  beginRun(request: BeginRunRequest): Promise<BeginRunReply>;
  /** Fails with the non-retryable type {@link RUN_FENCED} when the run is gone or was ended by somebody else. */
  commitProgress(batch: ProgressBatch): Promise<void>;
  loadThread(request: LoadThreadRequest): Promise<LoadThreadReply>;
  commitEdit(request: CommitEditRequest): Promise<CommitEditReply>;
  /** Appends to the run's journal. Fails with {@link RUN_FENCED} when the run is not running any more. */
  commitTask(batch: TaskProgressBatch): Promise<void>;
}

/** About workflows of sub-agents, called as normal activities. */
export interface TaskActivities {
  /**
   * The result of a task's workflow, however long it takes; heartbeats. When it is cancelled, so is the workflow. Fails like the workflow, with
   * RUN_CANCELLED when that was cancelled or terminated.
   */
  awaitTask(request: AwaitTaskRequest): Promise<AgentTaskResult>;
}

/** Failure type of `commitProgress` when the run no longer belongs to this workflow; it then gives the run up without a word. */
export const RUN_FENCED = 'RUN_FENCED';

/** Implementation of every activity type `….model`: heartbeats as a normal activity, answers in {@link LocalAnswer} as a local one. */
export type ModelActivity = (request: ModelRequest) => Promise<ModelReply>;

/** Implementation of every activity type `….tool`; see {@link ModelActivity}. */
export type ToolActivity = (request: ToolRequest) => Promise<ToolReply>;
