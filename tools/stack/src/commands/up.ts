import { spawn } from 'node:child_process';
import { closeSync, createReadStream, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readJson } from '../kit/files.ts';
import { homeLayout, type HomeLayout } from '../layout.ts';
import { ownerOf } from '../start/open-home.ts';
import type { Settings } from '../settings.ts';
import { openLog } from '../supervise/log-files.ts';
import type { AppName } from '../servers/app-names.ts';
import { nodeBinary } from '../servers/stack-context.ts';
import { ExitCode } from './exit-codes.ts';
import { onStopRequest } from './stop-signal.ts';

/** `stack up`: starts a detached supervisor, shows its progress and returns when everything serves. */
export async function up(settings: Settings, options: { serversOnly: boolean; without: AppName | undefined; cli: string }): Promise<number> {
  const layout = homeLayout(settings.home);
  const owner = ownerOf(layout);
  if (owner !== undefined) {
    process.stdout.write(`The stack of ${settings.home} is already up (process ${owner.pid}).\n`);
    return ExitCode.ok;
  }
  const log = layout.log('supervisor');
  const output = openLog(log);
  let position = statSync(log).size;
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
  const stop = onStopRequest(() => undefined);
  for (;;) {
    const isOver = exitCode !== undefined || isReady(layout);
    position = await showFrom(log, position);
    if (isOver) break;
    if (stop.signal.aborted) {
      child.kill('SIGTERM');
      while (exitCode === undefined) await sleep(50);
      return ExitCode.interrupted;
    }
    await sleep(100);
  }
  child.unref();
  return exitCode ?? ExitCode.ok;
}

function isReady(layout: HomeLayout): boolean {
  const state = readJson(layout.supervisorJson);
  return typeof state === 'object' && state !== null && (state as { ready?: unknown }).ready === true && ownerOf(layout) !== undefined;
}

async function showFrom(path: string, position: number): Promise<number> {
  let end = position;
  for await (const chunk of createReadStream(path, { start: position })) {
    process.stdout.write(chunk as Buffer);
    end += (chunk as Buffer).length;
  }
  return end;
}
