import { createReadStream, readdirSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { homeLayout } from '../layout.ts';
import type { Settings } from '../settings.ts';
import { tailLog } from '../supervise/log-files.ts';
import { ExitCode } from './exit-codes.ts';
import { onStopRequest } from './stop-signal.ts';

/** Lines shown of one log, and of each when all are shown. */
const LINES_OF_ONE = 200;
const LINES_OF_EACH = 10;
const FOLLOW_INTERVAL_MS = 250;

/** `stack logs [name] [--follow]`: the end of one log or of all. */
export async function logs(settings: Settings, options: { name: string | undefined; follow: boolean }): Promise<number> {
  const layout = homeLayout(settings.home);
  const names = logNames(layout.logs);
  if (options.name === undefined) {
    for (const name of names) process.stdout.write(`== ${layout.log(name)}\n${tailLog(layout.log(name), LINES_OF_EACH).join('\n')}\n\n`);
    return ExitCode.ok;
  }
  if (!names.includes(options.name)) {
    process.stderr.write(`There is no log ${options.name}. There are: ${names.join(', ') || 'none'}\n`);
    return ExitCode.usage;
  }
  const path = layout.log(options.name);
  process.stdout.write(`${tailLog(path, LINES_OF_ONE).join('\n')}\n`);
  if (options.follow) await follow(path);
  return ExitCode.ok;
}

async function follow(path: string): Promise<void> {
  const stop = onStopRequest(() => undefined);
  let position = statSync(path).size;
  while (!stop.signal.aborted) {
    const { size } = statSync(path);
    // a smaller file is a new one: the log was set aside
    if (size < position) position = 0;
    if (size > position) {
      for await (const chunk of createReadStream(path, { start: position, end: size - 1 })) process.stdout.write(chunk as Buffer);
      position = size;
    }
    await sleep(FOLLOW_INTERVAL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

function logNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.log'))
      .map((file) => file.slice(0, -'.log'.length))
      .sort();
  } catch {
    return [];
  }
}
