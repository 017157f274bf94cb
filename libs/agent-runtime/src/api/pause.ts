/** Lets a run stand still from its next superstep boundary on. */
export interface PauseRunCommand {
  /** Stands in the journal; a repeat has the same one. */
  readonly commandId: string;
  readonly runId: string;
  /** Who wants it, for the journal. */
  readonly by: string;
  readonly reason?: string;
}

/** Lets a run go on that stands still, or keeps one from it that has not come to its boundary. */
export interface ResumeRunCommand {
  readonly commandId: string;
  readonly runId: string;
  readonly by: string;
}

/** Answer to both commands, when it is in the journal. `waiting`: an earlier command is about to bring the same about. */
export type PauseAnswer = 'paused' | 'running' | 'waiting';
