import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from '@holdfast/testing';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { z } from 'zod';
import { median } from '../statistics';

const run = promisify(execFile);
const DEADLINE_MS = 300_000;
const GRAPHS = join(CHECKOUT, 'tools/bench/graphs');

/** Cold replay of one long run: median time, milliseconds. */
export interface ReplayFigures {
  readonly events: Readonly<Record<'holdfast' | 'plain', number>>;
  readonly ms: Readonly<Record<'holdfast' | 'plain', number>>;
}

/** Replays the histories of two workflows in a process of its own. @param workflowIds the workflows that did the same calls */
export async function measureReplay(temporal: Client, workflowIds: Readonly<Record<'holdfast' | 'plain', string>>, times: number): Promise<ReplayFigures> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-replay-'));
  try {
    const events = { holdfast: 0, plain: 0 };
    for (const side of ['holdfast', 'plain'] as const) {
      const history = await temporal.workflow.getHandle(workflowIds[side]).fetchHistory();
      events[side] = history.events?.length ?? 0;
      writeFileSync(join(folder, `${side}.json`), JSON.stringify(historyToJSON(history)));
    }
    const bundle = await bundleOf(folder);
    const tune = join(CHECKOUT, 'libs/agent-runtime/src/worker/tune.cjs');
    const script = join(import.meta.dirname, 'replay-process.mjs');
    const { stdout } = await run(process.execPath, ['--require', tune, script, folder, bundle, String(times)], { timeout: DEADLINE_MS });
    const measured = z.object({ holdfast: z.array(z.number()), plain: z.array(z.number()) }).parse(JSON.parse(stdout));
    return { events, ms: { holdfast: median(measured.holdfast), plain: median(measured.plain) } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The bundle that the worker of the bench's stack runs: the same build. */
async function bundleOf(cache: string): Promise<string> {
  const { stdout } = await run(process.execPath, [join(CHECKOUT, 'tools/graphs/src/main.ts'), 'build', GRAPHS, '--cache', cache], { timeout: DEADLINE_MS });
  return z.object({ bundle: z.string() }).parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')).bundle;
}
