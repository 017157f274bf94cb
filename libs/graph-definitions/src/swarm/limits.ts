/** Handoffs of one run (`config.configurable.max_handoffs`); after them a handoff counts as an answer. */
export const HANDOFFS = { min: 1, max: 20, fallback: 5 } as const;

/** Rounds of tool calls of one run, all peers together; after them no tools are offered. */
export const TOOL_ROUNDS = 15;
