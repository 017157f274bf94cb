/** Workflow type of a thread. Never renamed: a breaking change of the shell is a new type beside it. */
export const THREAD_WORKFLOW_TYPE = 'agentThread.v1';

/** Names of the Updates that an open thread workflow takes. */
export const ThreadUpdate = {
  /** Argument {@link RunDelivery}, answer `accepted`. Update id = run id, so that a second delivery is the first one. */
  enqueueRun: 'enqueueRun',
  /** Argument {@link CancelRunCommand}, answer {@link CancelRunAnswer}. */
  cancelRun: 'cancelRun',
  /** Argument {@link EditStateCommand}, answer {@link EditStateAnswer}. Update id = command id. */
  editState: 'editState',
  /** Argument `InjectInputCommand`, answer `InjectInputAnswer`. */
  injectInput: 'injectInput',
  /** Argument `PauseRunCommand`, answer `PauseAnswer`. */
  pauseRun: 'pauseRun',
  /** Argument `ResumeRunCommand`, answer `PauseAnswer`. */
  resumeRun: 'resumeRun',
} as const;

/** Names of the signals that an open thread workflow takes. */
export const ThreadSignal = {
  /** No argument. What the thread has under way goes on in a new execution on the build of new runs, from the next superstep boundary on. */
  drain: 'drain',
} as const;

/** Id of the one workflow of a thread: `t/<tenantId>/th/<threadId>`. */
export function threadWorkflowId(tenantId: string, threadId: string): string {
  return `t/${tenantId}/th/${threadId}`;
}

/** The thread of a workflow; undefined for a workflow of another kind. */
export function threadOfWorkflow(workflowId: string): { readonly tenantId: string; readonly threadId: string } | undefined {
  const [, tenantId, threadId] = /^t\/([^/]+)\/th\/([^/]+)$/.exec(workflowId) ?? [];
  return tenantId === undefined || threadId === undefined ? undefined : { tenantId, threadId };
}

/** A run handed to its thread's workflow; everything else about it is read by `beginRun`. */
export interface RunDelivery {
  readonly runId: string;
  readonly graphId: string;
  /** W3C trace context of the request that created the run. */
  readonly traceparent?: string;
  /** How long the workflow waits for the thread's next run after this one, milliseconds. Absent: it completes at once. */
  readonly lingerMs?: number;
  /** Came when the execution before had let go of the run: how it is to end. */
  readonly cancel?: CancelRunCommand;
}

/** Argument of the thread workflow. `runs` may be empty when an Update travels with the start. */
export interface ThreadInput {
  readonly tenantId: string;
  readonly threadId: string;
  /** In the order in which they run. */
  readonly runs: readonly RunDelivery[];
}

/** Ends a run of the thread, active or queued. */
export interface CancelRunCommand {
  readonly runId: string;
  /**
   * `rollback` also undoes what the run did to the thread; the journal's owner does that when it sees the end. `compensate` lets the graph take
   * back what the run did outside (`GraphDefinition.compensate`) before it ends.
   */
  readonly action: 'interrupt' | 'rollback' | 'compensate';
  /** Shown in `run.cancelled.v1`. */
  readonly reason: string;
}

/**
 * `not-found`: the workflow does not have the run (ended, or never delivered); to `rollback` and `compensate` also when its end, which undoes
 * nothing, is decided and not in the journal yet. To `compensate` also `no-compensation`: its graph has none; and `ends-without`: another cancel came first.
 */
export type CancelRunAnswer = 'accepted' | 'not-found' | 'no-compensation' | 'ends-without';

/** Writes values into a thread as if a node had returned them (`POST /threads/{id}/state`). */
export interface EditStateCommand {
  /** A repeat with the same id answers with the first one's checkpoint. */
  readonly commandId: string;
  readonly graphId: string;
  /** Input form of the graph's state; null moves the thread on without values. Absent with `subGraph`: builds that do not know that one refuse the command. */
  readonly values?: Readonly<Record<string, unknown>> | null;
  /** The node that is taken to have written; default: the node that wrote last. */
  readonly asNode?: string;
  /** The checkpoint to build on; default: the newest. */
  readonly checkpointId?: string;
  /** Writes into a sub-graph instead, in which something is left to run in the newest checkpoint. */
  readonly subGraph?: SubGraphEdit;
}

/** What {@link EditStateCommand} writes into a sub-graph, as if a node of it had returned it. */
export interface SubGraphEdit {
  /** Namespace: `<node>:<task id>`, deeper ones behind `|`. */
  readonly ns: string;
  /** Where the sub-graph must stand, by the step of its checkpoint; default: anywhere. Builds that do not know it write at any step. */
  readonly step?: number;
  /** See {@link EditStateCommand.values}. */
  readonly values: Readonly<Record<string, unknown>> | null;
  /** See {@link EditStateCommand.asNode}. */
  readonly asNode?: string;
}

/** What a state edit made. */
export interface EditStateAnswer {
  readonly checkpointId: string;
}

/** Names a run to the activities. */
export interface RunRef {
  readonly tenantId: string;
  readonly threadId: string;
  readonly runId: string;
  /** W3C trace context that the run's spans and journal rows belong to. */
  readonly traceparent?: string;
}
