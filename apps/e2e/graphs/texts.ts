/** A module beside the graph's. */
export const QUESTION = 'May I?';
