import type { ProcessIdentity } from './process-identity.mjs';

/** What the lock needs to know of its surroundings. */
export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called once when another process holds the lock. */
  readonly onWait?: (holderPid: number) => void;
}

/**
 * Runs `work` while holding a lock file, across processes. The lock of a process that has died is taken over; a file that
 * cannot be made is an error, not a reason to wait. Used for the dependencies, the build of a checkout and the shared cache.
 */
export function withFileLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T>;

/** Makes a file that names this process; when a living process stands in it already, that one is returned. */
export function claimFile(path: string): ProcessIdentity | undefined;
