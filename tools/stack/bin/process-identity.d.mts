/** Names one process for ever: a pid alone is reused by the kernel. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot id and start time in clock ticks since boot, as in `/proc/<pid>/stat` field 22. */
  readonly started: string;
}

/** The identity of a running process; undefined when there is none (a zombie counts as none). */
export function identify(pid: number): ProcessIdentity | undefined;

/** True while exactly this process runs. */
export function isRunning(identity: ProcessIdentity): boolean;

/** Parses `/proc/<pid>/stat`; the command name in parentheses may hold spaces and parentheses itself. */
export function statFields(stat: string): { state: string; startTime: string; processGroup: number } | undefined;

/** Parses a stored identity; undefined when it is none. */
export function parseIdentity(value: unknown): ProcessIdentity | undefined;
