import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LangGraphPlugin } from '@holdfast/agent-runtime/worker';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, type ReplayWorkerOptions, Runtime, Worker, bundleWorkflowCode } from '@temporalio/worker';

/**
 * Replays `holdfast.json` and `plain.json` of `folder`, one side after the other, each with the cache of workflows empty.
 * @param bundlePath file with the code of Holdfast's workflows
 * @returns milliseconds of each replay, the first of each side left out: it loads the bundle
 */
export async function replayInTurns(folder: string, bundlePath: string, times: number): Promise<Record<'holdfast' | 'plain', number[]>> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const plain = await bundleWorkflowCode({ workflowsPath: join(import.meta.dirname, '../plain/plain.workflow.ts') });
  const options: Record<'holdfast' | 'plain', ReplayWorkerOptions> = {
    holdfast: { workflowBundle: { codePath: bundlePath }, plugins: [new LangGraphPlugin()] },
    plain: { workflowBundle: plain, reuseV8Context: true },
  };
  const measured: Record<'holdfast' | 'plain', number[]> = { holdfast: [], plain: [] };
  for (const side of ['holdfast', 'plain'] as const) {
    const history = historyFromJSON(JSON.parse(readFileSync(join(folder, `${side}.json`), 'utf8')));
    const histories = Array.from({ length: times }, (_, i) => ({ workflowId: `replay-${i}`, history }));
    let before = performance.now();
    for await (const { error } of Worker.runReplayHistories(options[side], histories)) {
      if (error !== undefined) throw error;
      const now = performance.now();
      measured[side].push(now - before);
      before = now;
    }
    measured[side].shift();
  }
  return measured;
}
