import { spawn } from 'node:child_process';
import { closeSync, createReadStream, existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessIdentity } from '../../bin/process-identity.mjs';
import { homeLayout, type HomeLayout } from '../layout.ts';
import type { AppName } from '../servers/app-names.ts';
import { nodeBinary } from '../servers/stack-context.ts';
import type { Settings } from '../settings.ts';
import { isReady, ownerOf } from '../start/open-home.ts';
import { openLog } from '../supervise/log-files.ts';
import { ExitCode } from './exit-codes.ts';
import { onStopRequest } from './stop-signal.ts';

/** `stack up`: starts a detached supervisor, shows its progress and returns when everything serves. */
export async function up(settings: Settings, options: { serversOnly: boolean; without: AppName | undefined; cli: string }): Promise<number> {
  const layout = homeLayout(settings.home);
  const owner = ownerOf(layout);
  if (owner !== undefined) return waitForOther(layout, owner);
  const log = layout.log('supervisor');
  const output = openLog(log);
  const position = statSync(log).size;
  const selection = [...(options.serversOnly ? ['--servers-only'] : []), ...(options.without === undefined ? [] : ['--without', options.without])];
  const child = spawn(nodeBinary(), [options.cli, 'supervise', ...selection], {
    cwd: settings.checkout,
    env: { ...settings.env },
    detached: true,
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let exitCode: number | undefined;
  child.once('exit', (code) => (exitCode = code ?? ExitCode.failed));
  child.once('error', () => (exitCode = ExitCode.failed));
  const { signal } = onStopRequest(() => undefined);
  await showLog(log, position, () => signal.aborted || exitCode !== undefined || isReady(layout));
  if (signal.aborted) {
    child.kill('SIGTERM');
    while (exitCode === undefined) await sleep(50);
    return ExitCode.interrupted;
  }
  child.unref();
  return exitCode ?? ExitCode.ok;
}

/** Somebody else's start: its end is waited for, and Ctrl-C ends the waiting only. */
async function waitForOther(layout: HomeLayout, owner: ProcessIdentity): Promise<number> {
  if (isReady(layout)) {
    process.stdout.write(`The stack of ${layout.home} is already up (process ${owner.pid}).\n`);
    return ExitCode.ok;
  }
  process.stdout.write(`The stack of ${layout.home} is being started by process ${owner.pid}; waiting until it is ready.\n`);
  const log = layout.log('supervisor');
  const { signal } = onStopRequest(() => undefined);
  const isGone = (): boolean => ownerOf(layout)?.started !== owner.started;
  await showLog(log, existsSync(log) ? statSync(log).size : 0, () => signal.aborted || isReady(layout) || isGone());
  if (signal.aborted) return ExitCode.interrupted;
  if (isReady(layout)) return ExitCode.ok;
  process.stderr.write(`Process ${owner.pid} has ended without a ready stack.\n`);
  return ExitCode.failed;
}

/** Shows what is written to a log from `position` on, until `isOver`. */
async function showLog(path: string, position: number, isOver: () => boolean): Promise<void> {
  let end = position;
  for (;;) {
    const isLast = isOver();
    // a start in the foreground (`npm start`) writes to its terminal and has no such log
    if (existsSync(path)) {
      for await (const chunk of createReadStream(path, { start: end })) {
        process.stdout.write(chunk as Buffer);
        end += (chunk as Buffer).length;
      }
    }
    if (isLast) return;
    await sleep(100);
  }
}
