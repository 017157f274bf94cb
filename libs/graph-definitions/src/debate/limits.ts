/** `config.configurable.debaters`. */
export const DEBATERS = { min: 2, max: 6, fallback: 3 } as const;

/** `config.configurable.rounds`. */
export const ROUNDS = { min: 1, max: 4, fallback: 2 } as const;

/** `config.configurable.judges`. */
export const JUDGES = { min: 1, max: 9, fallback: 3 } as const;

/** Rounds of tool calls of a debater in a round of the debate. */
export const TOOL_ROUNDS = 5;
