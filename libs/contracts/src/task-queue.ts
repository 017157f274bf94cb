/** Temporal task queues. Workers poll them, clients name them when they start a workflow. */
export const TaskQueue = {
  /** Thread workflows with their model and tool calls. */
  agents: 'agents',
} as const;

/** Name of a Temporal task queue. */
export type TaskQueue = (typeof TaskQueue)[keyof typeof TaskQueue];
