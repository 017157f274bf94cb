import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withFileLock } from '../../bin/file-lock.mjs';
import { readText, writeAtomically } from '../kit/files.ts';
import { CommandError, runCommand } from '../kit/run-command.ts';
import type { StackContext } from '../servers/stack-context.ts';
import { baseEnvironment, nodeBinary } from '../servers/stack-context.ts';
import { APPS } from '../servers/app-names.ts';
import { hashSources } from './source-hash.ts';

/** Thrown when the apps cannot be built; the message holds the end of the build's output. */
export class BuildError extends Error {
  readonly code = 'STACK_BUILD_FAILED';
}

/**
 * Builds the app bundles unless they were built from exactly these sources. Nx alone would need two seconds to find that
 * out. Two starts of one checkout do not build at once.
 */
export async function buildApps(context: StackContext): Promise<void> {
  const { checkout } = context.settings;
  const stamp = join(checkout, '.nx/holdfast-built');
  const isFresh = (): boolean =>
    APPS.every((app) => existsSync(join(checkout, 'apps', app, 'dist/main.mjs'))) && readText(stamp) === hashSources(checkout);
  if (isFresh()) return;
  await context.step('Building the apps', (task) =>
    withFileLock(`${stamp}.lock`, { signal: context.signal, onWait: (pid) => task.detail(`(waiting for process ${pid})`) }, async () => {
      if (isFresh()) return;
      // taken before: a file that changes during the build makes the next start build again
      const hash = hashSources(checkout);
      await runNx(context, ['run-many', '-t', 'build', '--outputStyle=static'], (line) => {
        const project = /nx run ([\w/@-]+):\w+/.exec(line)?.[1];
        if (project !== undefined) task.detail(project);
      });
      writeAtomically(stamp, hash);
      // Node never removes entries of code that is gone
      rmSync(context.layout.data('node-compile-cache'), { recursive: true, force: true });
    }),
  );
}

async function runNx(context: StackContext, args: readonly string[], onLine: (line: string) => void): Promise<void> {
  const { checkout } = context.settings;
  try {
    await runCommand(nodeBinary(), [join(checkout, 'node_modules/.bin/nx'), ...args], {
      cwd: checkout,
      env: { ...baseEnvironment(context), NX_DAEMON: 'false', FORCE_COLOR: '0' },
      signal: context.signal,
      logFile: context.layout.log('build'),
      onLine,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const tail = error.output.trimEnd().split('\n').slice(-40).join('\n');
    throw new BuildError(`The apps could not be built.\n${tail}\n  log: ${context.layout.log('build')}`);
  }
}
