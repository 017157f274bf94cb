/** Rounds of tool calls that an assistant may allow (`config.configurable.max_rounds`). */
export const ROUNDS = { min: 1, max: 25, fallback: 10 } as const;

/** Rounds in a row in which every call failed, after which the model must answer. */
export const FAILURES = 3;
