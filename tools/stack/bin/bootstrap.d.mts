/** True when node_modules of the checkout holds what its package-lock.json lists. */
export function isInstalled(checkout?: string): boolean;
/** Runs `work` while no other command of the checkout installs; rejects when the lock cannot be made. */
export function withInstallLock(checkout: string, work: () => Promise<void>): Promise<void>;
/** Installs what is missing, then runs a file of the checkout under the workspace's Node; sets the exit code. */
export function runInWorkspace(entry: string, args: readonly string[]): Promise<void>;
