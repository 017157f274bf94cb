import { setTimeout as sleep } from 'node:timers/promises';
import { writeJson } from '../kit/files.ts';
import { homeLayout } from '../layout.ts';
import { ownerOf } from '../start/open-home.ts';
import { STOP_GROUPS } from '../start/start-servers.ts';
import type { Settings } from '../settings.ts';
import { endLeftovers } from '../supervise/leftovers.ts';
import { ExitCode } from './exit-codes.ts';

/** Longest an orderly stop may take, in milliseconds. */
const STOP_TIMEOUT_MS = 90_000;

/** `stack down`: ends the stack of this home, also one whose supervisor was killed. */
export async function down(settings: Settings): Promise<number> {
  const layout = homeLayout(settings.home);
  const owner = ownerOf(layout);
  if (owner !== undefined) {
    process.kill(owner.pid, 'SIGTERM');
    const deadline = performance.now() + STOP_TIMEOUT_MS;
    while (ownerOf(layout)?.started === owner.started) {
      if (performance.now() > deadline) {
        process.stderr.write(`Supervisor ${owner.pid} does not end; see ${layout.log('supervisor')}.\n`);
        return ExitCode.failed;
      }
      await sleep(50);
    }
  }
  const leftovers = await endLeftovers(layout.pids, STOP_GROUPS);
  if (leftovers.length > 0) writeJson(layout.stackJson, []);
  if (leftovers.length > 0) process.stdout.write(`Ended what a killed supervisor had left running: ${leftovers.join(', ')}\n`);
  process.stdout.write(owner === undefined && leftovers.length === 0 ? 'Nothing was running.\n' : 'The stack is down.\n');
  return ExitCode.ok;
}
