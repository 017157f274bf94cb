/** Puts values into a run that is being driven, as if its caller had said them between two supersteps. */
export interface InjectInputCommand {
  /** A repeat with the same id changes nothing and is told the first one's checkpoint. */
  readonly commandId: string;
  readonly runId: string;
  /** By channel of the graph's state. */
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Answer to {@link InjectInputCommand}, when it is in the journal. `waiting`: the run has taken it, and stands still or is in a superstep;
 * the same command asks again.
 */
export type InjectInputAnswer = { readonly checkpointId: string } | 'waiting';
