/** Times that the model may try to write JSON that fits (`config.configurable.max_attempts`). */
export const ATTEMPTS = { min: 1, max: 5, fallback: 3 } as const;

/** Rounds of tool calls of the work before. */
export const TOOL_ROUNDS = 15;

/** Texts above 2 KiB are references in a workflow, which a graph cannot read. */
export const MOST_BYTES = 2000;
