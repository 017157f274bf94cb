/** Drafts that are written at most; remarks on the last one change nothing any more. */
export const DRAFTS = 4;
