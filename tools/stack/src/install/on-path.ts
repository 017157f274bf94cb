import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runCommand } from '../kit/run-command.ts';
import { findVersion, isAtLeast } from '../kit/semver.ts';

/** The first executable of this name on a PATH; undefined when there is none. Symlinks are followed. */
export function findOnPath(name: string, path: string | undefined): string | undefined {
  for (const folder of (path ?? '').split(delimiter)) {
    if (folder === '') continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return realpathSync(file);
    } catch {
      // not here
    }
  }
  return undefined;
}

/** The executable of this name on a PATH if its `--version` is at least `minimum`. */
export async function findNewEnough(
  name: string,
  minimum: readonly number[],
  path: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const file = findOnPath(name, path);
  if (file === undefined) return undefined;
  const text = await runCommand(file, ['--version'], { signal, timeoutMs: 5_000 }).catch(() => {
    signal.throwIfAborted();
    return '';
  });
  const version = findVersion(text);
  return version !== undefined && isAtLeast(version, minimum) ? file : undefined;
}
