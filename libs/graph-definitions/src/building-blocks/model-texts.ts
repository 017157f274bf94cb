/** Reads numbered lines out of a model's text; a text without numbers is one of them. */
export function stepsOf(text: string, maxSteps: number): string[] {
  const numbered = text.split('\n').flatMap((line) => /^\s*\d+[.)]\s+(.+?)\s*$/.exec(line)?.[1] ?? []);
  const steps = numbered.length > 0 ? numbered : [text.trim()].filter((step) => step !== '');
  return steps.slice(0, maxSteps);
}

/** A reviewer's objection; undefined for ACCEPT, and for anything else that is not clearly REVISE: an unclear reviewer must not cost rounds. */
export function objectionOf(text: string): string | undefined {
  const objection = /^\s*REVISE\b:?\s*([\s\S]*)$/.exec(text)?.[1];
  return objection === undefined ? undefined : objection.trim() || 'The reviewer gave no reason.';
}

/** A model's wish that another agent goes on. */
export interface Handoff {
  /** As the model wrote it, in lower case; may be nobody. */
  readonly to: string;
  /** What the other one is to do, or why. */
  readonly task: string;
}

/** Says in a prompt how {@link handoffOf} wants it. */
export const HANDOFF_FORM = 'HANDOFF: <name>: <what to do, one line>';

/**
 * The first handoff line of a text, whatever stands around it and however a model decorates it; undefined when there is none.
 * A line and no tool call, because only tools of the tool router can be offered to a model.
 */
export function handoffOf(text: string): Handoff | undefined {
  const [, to = '', task = ''] = /^[\s>*`_-]*HANDOFF[*`_]*\s*:?[\s*`_]+([a-z][a-z0-9-]*)[*`_]*\s*(?:[:,;–-]\s*(.*?))?[\s*`_]*$/im.exec(text) ?? [];
  return to === '' ? undefined : { to: to.toLowerCase(), task: task.trim() };
}
