import type { ProgressTask } from '../kit/progress.ts';
import type { Settings } from '../settings.ts';

/** What an installer gets. */
export interface InstallContext {
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** Shows a step with its elapsed time. */
  readonly step: <T>(title: string, work: (task: ProgressTask) => Promise<T>, quietMs?: number) => Promise<T>;
}

/** Thrown when a server can neither be found nor installed; the message ends with the one command that provides it. */
export class InstallError extends Error {
  readonly code = 'STACK_INSTALL_FAILED';
}

/** Steps that only look something up stay silent unless they take longer than this, in milliseconds. */
export const QUIET_LOOKUP_MS = 1_500;
