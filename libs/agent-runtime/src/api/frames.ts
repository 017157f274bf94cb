/**
 * Data of a `values` or `checkpoints` frame (`run.step-completed.v1`). With `checkpoint_id` alone the state stands in that
 * checkpoint's row: values, next, tasks and metadata. Otherwise it stands here: the state of a sub-graph, or the interrupt
 * notice that LangGraph puts on the values stream (`{ values: { __interrupt__: [...] } }`).
 */
export interface StateFrame {
  readonly checkpoint_id?: string;
  readonly values?: unknown;
  /** LangGraph's payload, with a `checkpoints` frame of a sub-graph. */
  readonly checkpoint?: unknown;
}

/**
 * Data of a `tasks` frame when a task starts: LangGraph's payload, but `input` is left out when it equals the values of a
 * checkpoint, which `input_from` then names. The frame of its end is LangGraph's payload unchanged (`result`, `error`, `interrupts`).
 */
export interface TaskStartFrame {
  readonly id: string;
  readonly name: string;
  readonly triggers: readonly string[];
  readonly interrupts: readonly unknown[];
  readonly input?: unknown;
  readonly input_from?: string;
}
