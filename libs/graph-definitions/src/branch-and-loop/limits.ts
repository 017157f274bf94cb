/** Answers that are tried (`config.configurable.max_attempts`); the last one stands. */
export const ATTEMPTS = { min: 1, max: 5, fallback: 3 } as const;

/** Rounds of tool calls of one attempt. */
export const TOOL_ROUNDS = 10;
