import { endProcess, killGroup } from './end-process.ts';
import { PidFiles } from './pid-files.ts';
import { isRunning } from '../../bin/process-identity.mjs';

/**
 * Kills, without waiting, the groups of all processes that the supervisor of this home has started. Synchronous, for a process that is
 * about to end. A pid file whose pid now belongs to another process is only removed.
 */
export function killAll(pidFolder: string): void {
  const pidFiles = new PidFiles(pidFolder);
  for (const { name, identity } of pidFiles.list()) {
    if (isRunning(identity)) killGroup(identity.pid);
    pidFiles.remove(name);
  }
}

/**
 * Ends processes that an earlier supervisor of this home started and did not end because it was killed.
 * A pid file whose pid now belongs to another process is only removed. Returns the names of ended processes.
 */
export async function endLeftovers(pidFolder: string, stopGroups: readonly (readonly string[])[]): Promise<string[]> {
  const pidFiles = new PidFiles(pidFolder);
  const files = pidFiles.list();
  const ended: string[] = [];
  const named = new Set(stopGroups.flat());
  const rest = files.map((file) => file.name).filter((name) => !named.has(name));
  for (const group of [rest, ...stopGroups]) {
    await Promise.all(
      files
        .filter((file) => group.includes(file.name))
        .map(async (file) => {
          if (isRunning(file.identity)) {
            await endProcess(file.identity, file.stopSignal, 10_000);
            ended.push(file.name);
          }
          pidFiles.remove(file.name);
        }),
    );
  }
  return ended;
}
