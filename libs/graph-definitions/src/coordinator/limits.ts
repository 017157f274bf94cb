/** Tasks of one run (`config.configurable.max_tasks`): as many specialists work at the same time. */
export const TASKS = { min: 1, max: 20, fallback: 5 } as const;

/** Budget of one specialist: model and tool calls (`max_calls`). */
export const CALLS = { min: 1, max: 200, fallback: 40 } as const;

/** Budget of one specialist: tokens (`max_tokens`). */
export const TOKENS = { min: 1_000, max: 2_000_000, fallback: 200_000 } as const;

/** Budget of one specialist: seconds (`max_seconds`). */
export const SECONDS = { min: 1, max: 3_600, fallback: 600 } as const;
