/** Everything the supervisor must know about one process. */
export interface ProcessSpec {
  /** Unique in the stack; also the name of its log and pid file. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the process: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** The port people talk to; shown in stack.json. */
  readonly port: number;
  /** Resolves when the process serves; rejects with what is missing. Called repeatedly, must end within 3 s. */
  readonly check: () => Promise<void>;
  /**
   * Resolves while the process is alive, whatever it waits for. When it fails for HUNG_AFTER_MS in a row, the process is
   * killed and started again. Default: only the end of the process counts.
   */
  readonly isAlive?: () => Promise<void>;
  /** Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** After this many milliseconds the process is killed. Default 10 s. */
  readonly stopTimeoutMs?: number;
  /** Clears what an earlier, killed process left behind; awaited before every start. */
  readonly beforeStart?: () => Promise<void>;
}

/** One line of `$HOLDFAST_HOME/stack.json`. */
export interface ProcessEntry {
  readonly name: string;
  /** 0 while the process is down. */
  readonly pid: number;
  readonly port: number;
  readonly log: string;
  /** ISO time of the newest start. */
  readonly startedAt: string;
  /** How often the supervisor has started it again. */
  readonly restarts: number;
  readonly state: ProcessState;
}

/** `starting`: runs, not serving yet; `ready`: serves; `unready`: served, does not now; `down`: died, starts again soon. */
export type ProcessState = 'starting' | 'ready' | 'unready' | 'down' | 'stopped';
