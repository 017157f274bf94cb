/** Tasks that a request is split into at most (`config.configurable.max_workers`). */
export const WORKERS = { min: 1, max: 20, fallback: 5 } as const;

/** Rounds of tool calls of one worker. */
export const WORKER_ROUNDS = 10;
