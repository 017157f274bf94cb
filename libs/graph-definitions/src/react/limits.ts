/** Rounds of tool calls that an assistant may allow (`config.configurable.max_rounds`). */
export const ROUNDS = { min: 1, max: 25, fallback: 10 } as const;

/** Rounds in a row in which every call failed, after which the model must answer. */
export const FAILURES = 3;

/** Tokens of the conversation that the model is shown (`config.configurable.max_context_tokens`); the thread keeps all of it. */
export const CONTEXT_TOKENS = { min: 500, max: 2_000_000, fallback: 100_000 } as const;
