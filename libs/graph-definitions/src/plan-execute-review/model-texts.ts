/** Reads the steps out of a planner's text; a text without numbers is one step. */
export function stepsOf(text: string, maxSteps: number): string[] {
  const numbered = text.split('\n').flatMap((line) => /^\s*\d+[.)]\s+(.+?)\s*$/.exec(line)?.[1] ?? []);
  const steps = numbered.length > 0 ? numbered : [text.trim()].filter((step) => step !== '');
  return steps.slice(0, maxSteps);
}

/** The reviewer's objection; undefined for ACCEPT, and for anything else that is not clearly REVISE: an unclear reviewer must not cost rounds. */
export function objectionOf(text: string): string | undefined {
  const objection = /^\s*REVISE\b:?\s*([\s\S]*)$/.exec(text)?.[1];
  return objection === undefined ? undefined : objection.trim() || 'The reviewer gave no reason.';
}
