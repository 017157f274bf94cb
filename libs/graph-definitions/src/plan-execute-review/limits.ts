/** Bounds of one run of plan-execute-review. */
export const LIMITS = {
  /** Steps that are kept of a plan. */
  planSteps: 8,
  /** Model calls of the executor that may ask for tools; the next one must answer. */
  toolRounds: 20,
  /** Times that the reviewer may send the answer back. */
  revisions: 2,
} as const;
