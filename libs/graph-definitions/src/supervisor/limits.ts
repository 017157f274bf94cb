/** Handoffs of one run (`config.configurable.max_handoffs`); after them the supervisor answers with what there is. */
export const HANDOFFS = { min: 1, max: 20, fallback: 6 } as const;

/** Rounds of tool calls of a specialist per task. */
export const SPECIALIST_ROUNDS = 10;
